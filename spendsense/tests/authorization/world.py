"""Two institutions with one of everything that a path can name, and callers of every kind: built once, committed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from rest_framework.test import APIClient

from accounts import audit, consent, erasure, keys, loads, rowsecurity, sessions, takeout, uploads
from accounts.models import Account, ConsentRecord, Tenant, Transaction, User
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from operators.models import EvaluationReport
from operators.tests.factories import NoteFactory, TagFactory
from operators.tests.report import REPORT
from personas import corrections, profiles, rulesets, simulating
from personas.models import Assignment, Profile, Run, Transition, Window
from personas.signals import Correction as Kind
from personas.tests.dossiers import PersonFactory, portrayed, submitted
from personas.tests.histories import said
from personas.tests.rule_cases import overruled, stricter
from recommendations import cards
from recommendations.models import Flag, Recommendation
from recommendations.tests.factories import ItemFactory
from recommendations.tests.proposed import proposed

CONSENTING, BEYOND = ("maya", "theo"), ("zoe", "fred")
NAMES = {
    "maya": "Quillhaven", "theo": "Brackenridge", "noor": "Lindenmoor", "rosa": "Thistledown", "gwen": "Marrowgate",
    "zoe": "Farwether",
}  # fmt: skip
CARD = {"card_type": "insight", "title": "A card of this institution", "content": {"key": "of-this-institution"}}
STAFF: dict[str, dict[str, Any]] = {
    "june": {"role": "operator", "level": "junior"},
    "omar": {"role": "operator", "level": "senior"},
    "ada": {"role": "admin"},
    "bare": {"role": "admin"},  # without a second factor
    "fred": {"role": "admin"},  # of the other institution
}


@dataclass(frozen=True)
class Caller:
    """How somebody calls: an access token or a key in the header, or a cookie."""

    header: str = ""
    session_key: str = ""

    def client(self, **more: Any) -> APIClient:
        client = APIClient(raise_request_exception=False, **more)
        if self.header:
            client.credentials(HTTP_AUTHORIZATION=self.header)
        return client

    def browser(self) -> APIClient:
        client = APIClient(raise_request_exception=False)
        if self.session_key:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session_key
        return client


@dataclass
class World:
    now: datetime
    people: dict[str, User] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=lambda: {"nobody": Caller()})
    refreshing: dict[str, str] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    identity: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # who somebody is
    money: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # and what their money says
    notes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # and what is noted of them

    def named(self, whom: str) -> dict[str, str]:
        """What the paths name of somebody and of their institution; what they do not have is an id of nothing."""
        institution = self.ids["elsewhere" if whom in BEYOND else "default"]
        return defaultdict(lambda: str(uuid4()), {**institution, **self.ids[whom]})

    def secrets(self, *, seen_by: str, shown: bool) -> set[str]:
        """Whatever of anybody must not stand in an answer to this caller; a refusal shows staff nothing either."""
        everything = set().union(*self.identity.values(), *self.money.values(), *self.notes.values())
        own = self.identity[seen_by] | self.money[seen_by] | self.notes[seen_by]
        if seen_by == "service" and shown:  # what the institution made, and dossiers of who agreed to them
            return everything - self.identity["ada"].union(*(self.notes[one] for one in CONSENTING))
        if seen_by not in STAFF or not shown:
            return everything - own
        mine = BEYOND if seen_by == "fred" else set(self.people) - set(BEYOND)
        agreed = {"zoe"} if seen_by == "fred" else set(CONSENTING)
        seen = [self.identity[one] for one in mine] + [self.money[one] | self.notes[one] for one in agreed]
        return everything - own.union(*seen)


def built(now: datetime) -> World:
    world = World(now)
    here, there = factories.TenantFactory(slug="default"), factories.TenantFactory(slug="elsewhere")
    for place, name in enumerate(NAMES):
        _consumer(world, name, there if name in BEYOND else here, place)
    for name, fields in STAFF.items():
        tenant = there if name in BEYOND else here
        world.people[name] = factories.UserFactory(email=f"{name}@staff.example.test", tenant=tenant, **fields)
        world.identity[name] |= {str(world.people[name].pk), f"{name}@staff.example.test"}
        _signed_in(world, name)
    for admin, of_tenant in (("ada", here), ("fred", there)):
        _institution(world, admin, of_tenant)
    _ended(world)
    return world


def _consumer(world: World, name: str, tenant: Tenant, place: int) -> None:
    """Somebody with a statement loaded and, where they agreed, with all that comes of it."""
    surname, now = NAMES[name], world.now
    agreed = name != "noor"
    email = f"{name}.{surname.lower()}@example.test"
    fields = {"phone_number": f"+1555010{place:04}", "monthly_income": f"{place + 4}317.41"}
    user = factories.UserFactory(email=email, tenant=tenant, **fields)
    world.people[name] = user
    if agreed:
        with rowsecurity.viewing(rowsecurity.of(user)):
            for purpose in Purpose:
                consent.grant(user=user, purpose=purpose, now=factories.GRANTED)
    ids = world.ids[name]
    ids |= {"person": str(user.pk), "merchant": f"{surname.lower()} gym"}
    ids["upload"] = _loaded(user, surname, place, now)
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        world.people[name] = user = User.objects.get(pk=user.pk)
        ids["account"] = str(Account.objects.get(user=user).pk)
        ids["transaction"] = str(Transaction.objects.filter(user=user).earliest("date").id)
    ids["export"] = str(takeout.request(user=user, now=now - timedelta(days=2)).pk)
    if agreed:
        _measured(world, name)
        _noted(world, name)
    world.identity[name] |= {str(user.pk), email, str(user.phone_number)}
    elsewhere = {"person", "merchant", "consent", "dossier", "portrait"}
    world.money[name] |= {value for word, value in ids.items() if word not in elsewhere}
    world.money[name] |= {surname, f"{place + 4}317.41", f"{place + 7}31.47"}
    _signed_in(world, name)


def _loaded(user: User, surname: str, place: int, now: datetime) -> str:
    rows = "\n".join(f"{surname},2025-0{month}-10,-{place + 7}31.47,{surname} Gym,Subscriptions" for month in (4, 5, 6))
    pay = "\n".join(f"{surname},2025-0{month}-12,2000.00,{surname} Payroll,Income" for month in (5, 6))
    data = f"account_id,date,amount,merchant_name,category\n{rows}\n{pay}\n".encode()
    got = uploads.receive(
        user=user, file_name=f"{surname}.csv", data=data, options={"sign_policy": "inflow_positive"}, now=now
    )
    claimed = loads.claim(tenant_id=user.tenant_id, now=now, upload_id=got.upload.pk)
    assert claimed and loads.load(upload=claimed, now=now).status == "completed"
    return str(got.upload.pk)


def _measured(world: World, name: str) -> None:
    user, now, ids = world.people[name], world.now, world.ids[name]
    said(user, "high_utilization", now - timedelta(days=40))  # of which the refresh makes a transition
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        profiles.refresh(user_ids=[user.pk], tenant_id=user.tenant_id, now=now)
    with rowsecurity.viewing(rowsecurity.of(user)):
        made = corrections.correct(
            user=user, kind=Kind.NOT_INCOME, target=f"{NAMES[name].lower()} payroll", note=None, now=now
        )
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        stands = Assignment.objects.filter(user=user, window_type="30d").latest("seq")
        changed = Transition.objects.get(user=user)
        overruled(user)
        profile = Profile.objects.get(user=user)
        agreed = ConsentRecord.objects.filter(user=user, purpose=Purpose.ANALYSIS).get()
    item = _told(user, name, now)
    rows = _waiting(user, name, now) | {
        "item": item,
        "correction": made,
        "transition": changed,
        "assignment": stands,
        "profile": profile,
        "consent": agreed,
    }
    ids |= {word: str(row.pk) for word, row in rows.items()}


def _noted(world: World, name: str) -> None:
    """A dossier with one text and a portrait."""
    word = NAMES[name][::-1]
    dossier = PersonFactory(user=world.people[name])
    submitted(dossier, f"Keeps a {word} journal.")
    ids = {"dossier": str(dossier.pk), "portrait": str(portrayed(dossier).pk)}
    world.ids[name] |= ids
    world.notes[name] |= {word, *ids.values()}


def _told(user: User, name: str, now: datetime) -> Recommendation:
    """An item that an operator approved."""
    item = ItemFactory(
        user=user, rationale=f"We're showing you this because {NAMES[name]} Gym charges you.", created_at=now
    )
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=item.pk).update(status="approved", approved_at=now, approved_by=user.pk)
    return item


def _waiting(user: User, name: str, now: datetime) -> dict[str, Any]:
    """An item that waits, with its trace and all that staff have written beside it: nobody can approve it."""
    item = proposed(user, key=f"waiting-{name}", created_at=now, as_of=now.date())
    beside = {"tenant": user.tenant, "user": user, "recommendation": item}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        flag = Flag.objects.create(**beside, flag_reason="Something is odd about it.", flagged_at=now)
        Recommendation.objects.filter(pk=item.pk).update(flagged=True)
    note = NoteFactory(recommendation=item, operator_id=uuid4(), note_text=f"Ask {NAMES[name]}.")
    return {"waiting": item, "flag": flag, "note": note, "tag": TagFactory(recommendation=item, tagged_by=uuid4())}


def _signed_in(world: World, name: str) -> None:
    """A session whose token and cookie serve every cell."""
    user = world.people[name]
    session = session_for(user, second_factor=user.is_staff and name != "bare")
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        pair = sessions.issue(session_key=str(session.session_key), now=world.now)
    world.callers[name] = Caller(f"Bearer {pair.access}", str(session.session_key))
    world.refreshing[name] = pair.refresh


def _institution(world: World, admin: str, tenant: Tenant) -> None:
    by, now = world.people[admin], world.now
    with rowsecurity.viewing(rowsecurity.of(by)):
        draft = rulesets.draft(by=by, now=now, document=stricter(), note="A draft of this institution.")
        simulation = simulating.start(rule_set=draft, windows=[Window.DAYS_30], as_of=None, by=by, now=now)
        made = keys.make(by=by, name=f"Key of {admin}", scopes=list(keys.Scope), expires_at=None, now=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        run = Run.objects.create(tenant=tenant, stage="refresh", started_by="test")
        report = EvaluationReport.objects.create(
            tenant=tenant, replay_sample=0, asked_at=now, status="completed", finished_at=now, report=REPORT
        )
    with rowsecurity.viewing(rowsecurity.service(tenant.pk, by.actor)):
        card = cards.create(item=CARD, tenant_id=tenant.pk, by=by.actor, now=now)
    nobodys = PersonFactory(tenant=tenant)
    submitted(nobodys, "Somebody whom no user is.")
    with rowsecurity.viewing(rowsecurity.of(by)):  # a row of the least of the staff, which all of them may read
        least = world.people["june" if admin == "ada" else "fred"]
        entry = audit.record(
            action=audit.Action.EXPORT,
            tenant_id=tenant.pk,
            operator_id=least.pk,
            now=now,
            object_type="analytics",
        )
    member = world.people["omar" if admin == "ada" else "fred"]
    made_of = {
        "nobodys": portrayed(nobodys),
        "report": report,
        "entry": entry,
        "card": card,
        "rule_set": draft,
        "simulation": simulation,
        "key": made.key,
        "run": run,
    }
    ids = {word: str(row.pk) for word, row in made_of.items()}
    world.ids[tenant.slug] |= ids | {"version": "1", "member": str(member.pk)}
    world.identity[admin] |= {*ids.values(), f"Key of {admin}"}
    if admin == "ada":
        world.callers["service"] = Caller(f"Api-Key {made.secret}")


def _ended(world: World) -> None:
    """rosa takes her consent back, gwen is erased, and of theo's second session only the token is left."""
    rosa, gwen, theo = (world.people[name] for name in ("rosa", "gwen", "theo"))
    with rowsecurity.viewing(rowsecurity.of(rosa)):
        for purpose in Purpose:
            consent.revoke(user=rosa, purpose=purpose, now=world.now)
    erased = erasure.erase(user=gwen, scope=Scope.ACCOUNT, now=world.now)
    world.ids["gwen"] |= {"erasure": str(erased.erasure.pk), "token": erased.token}
    session = session_for(theo)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        pair = sessions.issue(session_key=str(session.session_key), now=world.now)
        sessions.end(session_key=str(session.session_key))
    world.callers["dead"] = Caller(f"Bearer {pair.access}", str(session.session_key))

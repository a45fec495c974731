"""The evidence of a decision: every match criterion with its value, and the flat facts of each persona held.

Both are written as JSON text by columns, because a population's worth of Python dictionaries would cost more
than all the rest of its refresh; whoever wants dictionaries for a few people reads the text back.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from personas.catalogue import CATALOGUE, Signal, Type
from personas.rules.document import FALLBACK, Criterion, Document, Persona
from personas.rules.evaluating import KEPT, Dtypes, dtypes, evaluate, known

NOTHING_MET = '{"note":"No persona criteria are met.","by_persona":{}}'
MERCHANTS = "subscriptions.merchants"
FLOATING = (pl.Float32, pl.Float64, pl.String)
FACTS: dict[Persona, dict[str, str]] = {
    Persona.HIGH_UTILIZATION: {
        "any_card_utilization_gte_50": "credit.any_card_high_util",
        "aggregate_utilization_pct": "credit.aggregate_utilization_pct",
        "highest_card_utilization": "credit.highest_card_utilization_pct",
        "any_interest_charges": "credit.any_interest_charges",
        "any_overdue": "credit.any_overdue",
        "any_minimum_payment_only": "credit.any_minimum_payment_only",
    },
    Persona.VARIABLE_INCOME_BUDGETER: {
        "median_pay_gap_days": "income.median_pay_gap_days",
        "cash_flow_buffer_months": "income.cash_flow_buffer_months",
        "income_variability_pct": "income.income_variability_pct",
        "payment_frequency": "income.payment_frequency",
        "income_type": "income.income_type",
    },
    Persona.SUBSCRIPTION_HEAVY: {
        "recurring_merchant_count": "subscriptions.recurring_merchant_count",
        "monthly_recurring_spend": "subscriptions.monthly_recurring_spend",
        "subscription_share_pct": "subscriptions.subscription_share_pct",
        "merchants": MERCHANTS,
    },
    Persona.SAVINGS_BUILDER: {
        "savings_growth_rate_pct": "savings.savings_growth_rate_pct",
        "net_savings_inflow": "savings.net_savings_inflow",
        "aggregate_utilization_pct": "credit.aggregate_utilization_pct",
        "emergency_fund_months": "savings.emergency_fund_months",
        "total_savings_balance": "savings.total_savings_balance",
    },
}
SHOWN = frozenset(path for facts in FACTS.values() for path in facts.values()) - {MERCHANTS}


def told(document: Document) -> list[str]:
    """The paths of scalar signals that deciding by this document, and telling why, reads."""
    return sorted(SHOWN | document.signals())


def criteria(frame: pl.DataFrame, document: Document) -> list[list[dict[str, Any]]]:
    """Per row, every match criterion in document order: id, persona, signal, op, threshold, value, met."""
    return [_read(text) for text in as_text(frame, document)["criteria"]]


def criteria_met(frame: pl.DataFrame, document: Document) -> list[dict[str, Any]]:
    """Per row, the facts of the primary persona, and under `by_persona` those of every match."""
    return [_read(text) for text in as_text(frame, document)["criteria_met"]]


def as_text(frame: pl.DataFrame, document: Document, found: pl.DataFrame | None = None) -> pl.DataFrame:
    """`criteria` and `criteria_met` as JSON text, one row per row of `frame`; `found` spares evaluating again."""
    answers = evaluate(frame, document) if found is None else found
    known_dtypes = dtypes(frame, {*told(document), MERCHANTS})
    texts = frame.select(_texts(document, known_dtypes))
    return pl.concat([answers, texts], how="horizontal").select(_evidence(document))


@lru_cache(maxsize=KEPT)
def _texts(document: Document, known_dtypes: Dtypes) -> list[pl.Expr]:
    schema = dict(known_dtypes)
    signals = [_text(CATALOGUE[path], schema).alias(path) for path in told(document)]
    return [*signals, _active_merchants(schema).alias(MERCHANTS)]


@lru_cache(maxsize=KEPT)
def _evidence(document: Document) -> list[pl.Expr]:
    listed = [_criterion(persona, criterion) for persona, criterion in document.match_criteria()]
    in_order = pl.format("[{}]", pl.concat_str(listed, separator=","))
    return [in_order.alias("criteria"), _met().alias("criteria_met")]


def _criterion(persona: Persona, criterion: Criterion) -> pl.Expr:
    head = {"id": criterion.id, "persona": persona.value} | criterion.as_json()
    return pl.concat_str(
        pl.lit(json.dumps(head, separators=(",", ":"))[:-1] + ',"value":'),
        pl.col(criterion.signal.path),
        pl.lit(',"met":'),
        pl.col(str(criterion.id)).cast(pl.String),
        pl.lit("}"),
    )


def _met() -> pl.Expr:
    inner = {persona: _facts(facts) for persona, facts in FACTS.items()}
    by_persona = pl.concat_str(
        [
            pl.when(f"matched_{persona}").then(pl.format(f'"{persona}":{{{{{{}}}}}}', facts))
            for persona, facts in inner.items()
        ],
        separator=",",
        ignore_nulls=True,
    )
    primary = pl.col("primary")
    flat = pl.coalesce(pl.when(primary == persona.value).then(facts) for persona, facts in inner.items())
    held = pl.concat_str(pl.lit("{"), flat, pl.lit(',"by_persona":{'), by_persona, pl.lit("}}"))
    return pl.when(primary == FALLBACK.value).then(pl.lit(NOTHING_MET)).otherwise(held)


def _facts(facts: Mapping[str, str]) -> pl.Expr:
    pieces: list[pl.Expr] = []
    for key, path in facts.items():
        pieces += [pl.lit(("," if pieces else "") + f'"{key}":'), pl.col(path)]
    return pl.concat_str(pieces)


def _text(signal: Signal, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    value = known(signal, schema)
    text = value.cast(pl.String)
    if signal.type is Type.INT and schema.get(signal.path) in FLOATING:
        whole = value.cast(pl.Int64, strict=False)
        text = pl.when(value == whole).then(whole.cast(pl.String)).otherwise(text)
    if signal.type is Type.WORD:
        text = pl.format('"{}"', text)
    return text.fill_null("null")


def _active_merchants(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    dtype = schema.get(MERCHANTS)
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    if not isinstance(inner, pl.Struct) or not {"name", "active"} <= {field.name for field in inner.fields}:
        return pl.repeat("[]", pl.len())
    names = pl.element().filter(pl.element().struct.field("active")).struct.field("name")
    listed = pl.col(MERCHANTS).list.eval(names).fill_null([])
    return pl.struct(names=listed).struct.json_encode().str.slice(len('{"names":')).str.strip_suffix("}")


def _read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)

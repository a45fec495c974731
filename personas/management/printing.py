"""How an explained statement looks on a terminal: the file, its signals side by side, the personas and why."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from personas.catalogue import CATALOGUE, Signal, Type

PROBLEMS = 20
MET = {True: "[green]✓[/]", False: "[dim]·[/]"}
UNITS = {Type.PERCENT: " %", Type.MONTHS: " months", Type.DAYS: " days"}


def print_statement(told: Mapping[str, Any], name: str, console: Console) -> None:
    _report(told["report"], name, console)
    windows = told["windows"]
    if not windows:
        return
    signals = [window["signals"] for window in windows.values()]
    meta = signals[0]["meta"]
    console.print(f"\n[bold]Signals[/]  as of {meta['as_of']}, {meta['currency'] or 'no currency'}")
    console.print(_signals(list(windows), signals))
    _listed("Cards", signals[0]["credit"]["cards"], ("name", "balance", "limit", "utilization_pct"), console)
    _listed(
        "Recurring merchants",
        signals[0]["subscriptions"]["merchants"],
        ("name", "amount", "frequency", "last_charge_date", "active"),
        console,
    )
    for sentence in dict.fromkeys(gap["sentence"] for one in signals for gap in one["meta"]["not_enough"]):
        console.print(f"[dim]{escape(sentence)}[/]")
    known = {window: found for window, found in windows.items() if found["primary"] is not None}
    if not known:
        console.print("\nNo persona: there is neither a card nor anything of an income.")
        return
    console.print("\n[bold]Criteria[/]")
    console.print(_criteria(known))
    for window, found in known.items():
        _changes(window, found, console)


def _report(report: Mapping[str, Any], name: str, console: Console) -> None:
    summary, detected = report["summary"], report["detected"]
    console.print(f"[bold]{escape(name)}[/]")
    console.print(
        f"{summary['transactions_valid']:,} rows, {summary['accounts_valid']:,} accounts, "
        f"{summary['liabilities_valid']:,} liabilities, {summary['first_date'] or 'no day'} to "
        f"{summary['last_date'] or 'no day'}, {summary['pending']:,} pending, "
        f"amounts {detected['sign_policy'] or 'not signed'}"
    )
    problems = [("red", one) for one in report["errors"]] + [("yellow", one) for one in report["warnings"]]
    for colour, problem in problems[:PROBLEMS]:
        console.print(f"[{colour}]{problem['code']}[/]  {escape(problem['error'])}")
    left = report["errors_total"] + report["warnings_total"] - min(len(problems), PROBLEMS)
    if left:
        console.print(f"[dim]and {left:,} more problems[/]")
    if report["errors_total"]:
        console.print("[red]The file would be refused, so nothing is measured.[/]")


def _signals(windows: list[str], objects: list[Mapping[str, Any]]) -> Table:
    table = Table("signal", *windows, box=None, pad_edge=False, header_style="dim")
    for column in table.columns[1:]:
        column.justify = "right"
    for signal in CATALOGUE.values():
        values = [one[signal.category][signal.name] for one in objects]
        table.add_row(signal.path, *(_value(value, signal) for value in values))
    return table


def _listed(title: str, items: list[Mapping[str, Any]], columns: tuple[str, ...], console: Console) -> None:
    if not items:
        return
    console.print(f"\n[bold]{title}[/]")
    table = Table(*(name.replace("_", " ") for name in columns), box=None, pad_edge=False, header_style="dim")
    for item in items:
        table.add_row(*(_plain(item[name]) for name in columns))
    console.print(table)


def _criteria(windows: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("criterion", no_wrap=True)
    table.add_column("asks", overflow="fold")
    for window in windows:
        table.add_column(window, no_wrap=True)
    for judged in zip(*(found["criteria"] for found in windows.values()), strict=True):
        one, signal = judged[0], CATALOGUE[judged[0]["signal"]]
        values = (f"{MET[each['met']]} {_value(each['value'], signal)}" for each in judged)
        table.add_row(one["id"], f"{signal.name} {one['op']} {_plain(one['threshold'])}", *values)
    return table


def _changes(window: str, found: Mapping[str, Any], console: Console) -> None:
    also = f", then {', '.join(found['secondary_personas'])}" if found["secondary_personas"] else ""
    console.print(f"\n[bold]{window}  {found['primary']}[/] ({found['strength']}){also}")
    for persona in found["counterfactual"]["personas"]:
        changed = [one for one in persona["criteria"] if one["id"] in persona["smallest_change"]]
        if changed:
            console.print(f"  to {persona['direction']} {persona['persona']} (then {persona['then']})")
        for one in changed:
            console.print(f"    {escape(one['sentence'])}")


def _value(value: Any, signal: Signal) -> str:
    return _plain(value) + (UNITS.get(signal.type, "") if value is not None else "")


def _plain(value: Any) -> str:
    if value is None:
        return "[dim]not known[/]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return f"{value:,}" if isinstance(value, int | Decimal) else escape(str(value))

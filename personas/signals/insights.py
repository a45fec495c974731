"""Governs the insights of one person for one window: where the money came from and where it went."""

from datetime import date
from typing import Any

import polars as pl

from .frames import Frames, Kind
from .laid import Laid, lay, spent
from .rounding import money, percent
from .windows import Windows

MERCHANTS = 20
STALE = 45  # days


def stale(as_of: date, today: date) -> bool:
    return (today - as_of).days > STALE


def insights(frames: Frames, signals: dict[str, dict[str, Any]], *, window: int, today: date) -> dict[str, Any]:
    """The answer of GET /api/insights; the frames hold one person, `signals` what was measured of them."""
    laid = lay(frames, Windows((window,)))
    rows = laid.rows.filter(pl.col("age") < window)
    spending = rows.filter(spent()).with_columns(cents=-pl.col("cents"))
    meta, credit, subscriptions = signals["meta"], signals["credit"], signals["subscriptions"]
    return {
        "user_id": laid.people["user_id"][0],
        "window": meta["window"],
        "window_start": meta["window_start"],
        "as_of": meta["as_of"],
        "stale": stale(meta["as_of"], today),
        "days_covered": signals["spending"]["days_covered"],
        "currency": meta["currency"],
        "cash": _cash_of(rows),
        "spend_total": signals["spending"]["spend_total"],
        "by_category": _by_category(spending),
        "by_month": _by_month(laid, rows, window),
        "by_merchant": _by_merchant(spending),
        "utilization": {"aggregate_pct": credit["aggregate_utilization_pct"], "cards": credit["cards"]},
        "subscriptions": {
            "count": subscriptions["recurring_merchant_count"],
            "monthly": subscriptions["monthly_recurring_spend"],
            "share_pct": subscriptions["subscription_share_pct"],
            "merchants": subscriptions["merchants"],
        },
        "not_enough": meta["not_enough"],
    }


def _cash_of(rows: pl.DataFrame) -> dict[str, Any]:
    net = money(pl.col("in") - pl.col("out"))
    return rows.select(_cash()).select(money(pl.col("in", "out")), net=net).row(0, named=True)


def _cash() -> list[pl.Expr]:
    """Cents into and out of checking accounts."""
    cents = pl.col("cents").filter(pl.col("kind") == Kind.CHECKING.value)
    return [cents.filter(cents > 0).sum().alias("in"), -cents.filter(cents < 0).sum().alias("out")]


def _by_category(spending: pl.DataFrame) -> list[dict[str, Any]]:
    return (
        spending.group_by(category=pl.col("flow").cast(pl.String))
        .agg(pl.col("cents").sum(), count=pl.len())
        .sort("cents", "category", descending=[True, False])
        .select(
            "category",
            amount=money(pl.col("cents")),
            share_pct=percent(pl.col("cents"), pl.col("cents").sum()),
            count="count",
        )
        .to_dicts()
    )


def _by_merchant(spending: pl.DataFrame) -> list[dict[str, Any]]:
    """A merchant bears the name of its newest row."""
    return (
        spending.group_by(pl.col("merchant_key").cast(pl.String), maintain_order=True)
        .agg(pl.col("merchant").last().cast(pl.String), pl.col("cents").sum(), count=pl.len())
        .sort("cents", "merchant", "merchant_key", descending=[True, False, False])
        .head(MERCHANTS)
        .select("merchant", "merchant_key", amount=money(pl.col("cents")), count="count")
        .to_dicts()
    )


def _by_month(laid: Laid, rows: pl.DataFrame, window: int) -> list[dict[str, Any]]:
    """Every calendar month that the window touches, also one without rows."""
    as_of = laid.people["as_of"][0]
    days = pl.date_range(pl.lit(as_of) - pl.duration(days=window - 1), pl.lit(as_of), "1d")
    months = pl.select(month=days.dt.strftime("%Y-%m")).unique().sort("month")
    spending = pl.when(spent()).then(-pl.col("cents")).otherwise(0)
    by_month = rows.group_by(month=pl.col("posted_on").dt.strftime("%Y-%m")).agg(*_cash(), spend=spending.sum())
    return (
        months.join(by_month, on="month", how="left", maintain_order="left")
        .select("month", money(pl.col("in", "out", "spend").fill_null(0)))
        .to_dicts()
    )

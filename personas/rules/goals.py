"""What a criterion asks of its signal in either direction: when it is reached, and how far it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from personas.catalogue import Signal, Type
from personas.rules.document import Criterion, Op, Scalar

OPPOSITE = {Op.AT_LEAST: Op.BELOW, Op.ABOVE: Op.AT_MOST, Op.AT_MOST: Op.ABOVE, Op.BELOW: Op.AT_LEAST}
UPWARD = (Op.AT_LEAST, Op.ABOVE)
DOWNWARD = (Op.AT_MOST, Op.BELOW)
Value = bool | str | Decimal


@dataclass(frozen=True)
class Goal:
    """The criterion is to be met, or to be met no more."""

    criterion: Criterion
    met: bool

    @property
    def op(self) -> Op | None:
        """The comparison that reaches it; None for those that are not about more or less."""
        op = self.criterion.op
        if op not in OPPOSITE:
            return None
        return op if self.met else OPPOSITE[op]

    @property
    def bound(self) -> Decimal:
        return _decimal(self.thresholds[0])

    @property
    def thresholds(self) -> tuple[Scalar, ...]:
        threshold = self.criterion.threshold
        return threshold if isinstance(threshold, tuple) else (threshold,)

    def reached(self, value: Value) -> bool:
        return satisfies(self.criterion, value) is self.met

    def gap(self, value: Decimal) -> Decimal | None:
        """From the value to the nearest one, on the signal's own scale, that reaches the goal."""
        if self.reached(value):
            return Decimal(0)
        step = step_of(self.criterion.signal)
        near = {value - step, value + step}
        for threshold in self.thresholds:
            near |= set(around(_decimal(threshold), step))
        return min((abs(one - value) for one in near if self.reached(one)), default=None)


def satisfies(criterion: Criterion, value: Value) -> bool:
    """One comparison in plain Python; the frame evaluator answers the same for a whole column."""
    threshold = criterion.threshold
    if isinstance(threshold, tuple):
        return any(value == _like(value, one) for one in threshold)
    wanted = _like(value, threshold)
    if isinstance(value, Decimal) and isinstance(wanted, Decimal):
        answers = {
            Op.AT_LEAST: value >= wanted,
            Op.ABOVE: value > wanted,
            Op.AT_MOST: value <= wanted,
            Op.BELOW: value < wanted,
        }
        return answers.get(criterion.op, value == wanted)
    return value == wanted


def _like(value: Value, threshold: Scalar) -> Value:
    return _decimal(threshold) if isinstance(value, Decimal) else threshold  # type: ignore[return-value]


def _decimal(threshold: Scalar) -> Decimal:
    return Decimal(str(threshold))


def step_of(signal: Signal) -> Decimal:
    """The distance of two neighbouring values of a signal."""
    return Decimal(1).scaleb(-(signal.type.places or 0))


def around(value: Decimal, step: Decimal) -> Iterator[Decimal]:
    """The neighbours on the signal's scale, and the value itself where it stands on it."""
    below = (value / step).to_integral_value(ROUND_FLOOR) * step
    above = (value / step).to_integral_value(ROUND_CEILING) * step
    yield from (below - step, below, above, above + step)


def rounded(value: Fraction, signal_type: Type) -> Decimal:
    """As the signals are: half up, halves away from zero, once."""
    places = signal_type.places or 0
    scaled = Fraction(abs(value) * 10**places)
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-whole if value < 0 else whole).scaleb(-places)

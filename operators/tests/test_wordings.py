"""Two wordings beside each other, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from operators.wordings import Run, compared

TEXTS = st.text(alphabet="ab c\n", max_size=40)


def test_a_word_that_was_changed_stands_twice():
    assert compared("Your Visa is at 68 % of its limit.", "Your card is at 68 % of its limit.") == (
        Run("same", "Your "),
        Run("gone", "Visa "),
        Run("new", "card "),
        Run("same", "is at 68 % of its limit."),
    )


def test_what_is_added_or_left_out_stands_alone():
    assert compared("one two", "one two") == (Run("same", "one two"),)
    assert compared("", "one") == (Run("new", "one"),)
    assert compared("one two", "one ") == (Run("same", "one "), Run("gone", "two"))
    assert compared("", "") == ()


@given(TEXTS, TEXTS)
def test_both_wordings_can_be_read_out_of_the_comparison(before, after):
    runs = compared(before, after)
    assert "".join(run.text for run in runs if run.change != "new") == before
    assert "".join(run.text for run in runs if run.change != "gone") == after

"""Documents folded, searched, and laid side by side."""

from operators.folding import Node, Pair, beside, hits, tree

DOCUMENT = {"schema": 1, "inputs": {"currency": "USD", "accounts": [{"last4": "4523"}, {}]}, "notes": []}


def test_branches_fold_and_leaves_say_what_they_hold():
    schema, inputs, notes = tree(DOCUMENT)
    assert schema == Node("schema", "1")
    assert (inputs.text, [child.name for child in inputs.children], inputs.open) == (
        "2 entries",
        ["currency", "accounts"],
        False,
    )
    assert inputs.children[1].children[0].text == "1 entry"
    assert notes == Node("notes", "[]")


def test_a_search_opens_the_way_to_what_it_finds_and_nothing_else():
    nodes = tree(DOCUMENT, "usd")
    assert (hits(nodes), nodes[1].open, nodes[1].children[0].hit, nodes[1].children[1].open) == (1, True, True, False)
    assert hits(tree(DOCUMENT, "LAST4")) == 1
    assert hits(tree(DOCUMENT, "accounts")) == 1
    assert hits(tree(DOCUMENT, "nothing like it")) == hits(tree(DOCUMENT)) == 0


def test_two_documents_are_laid_side_by_side_place_by_place():
    other = {"schema": 1, "inputs": {"currency": "EUR", "a/b~c": None}}
    pairs = beside(DOCUMENT, other)
    assert Pair("/schema", "1", "1") in pairs
    assert [pair for pair in pairs if pair.differs] == [
        Pair("/inputs/currency", '"USD"', '"EUR"'),
        Pair("/inputs/accounts/0/last4", '"4523"', ""),
        Pair("/inputs/accounts/1", "{}", ""),
        Pair("/notes", "[]", ""),
        Pair("/inputs/a~1b~0c", "", "null"),
    ]

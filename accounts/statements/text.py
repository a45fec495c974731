"""Governs what is kept of a piece of text, and the key by which a merchant is known again."""

import polars as pl

# Everything but printable ASCII and Latin letters in one piece: those are NFC already.
DIRTY = r"[^\x21-\x7e \u{00C0}-\u{017F}]|  |^ | $|^$"
# Controls, bidi controls and zero-width characters; white space is collapsed, not removed.
INVISIBLE = (
    r"[\p{Cc}&&[^\s]]"
    r"|[\u{061C}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{2066}-\u{206F}\u{FEFF}]"
)
MERCHANT_LENGTH = 255
UNKNOWN = "Unknown"


def clean(cells: pl.Series) -> pl.Series:
    """NFC without invisible characters, spaces collapsed; blank is null."""
    dirty = cells.str.contains(DIRTY).fill_null(False)
    if not dirty.any():
        return cells
    tidy = cells.filter(dirty).str.normalize("NFC").str.replace_all(INVISIBLE, "")
    tidy = tidy.str.replace_all(r"\s+", " ").str.strip_chars(" ").replace("", None)
    return cells.scatter(dirty.arg_true(), tidy)


def merchant_key(merchant: pl.Series) -> pl.Series:
    """NFKC, case-folded, without a trailing `#12` or a trailing number of four or more digits."""
    names = merchant.unique(maintain_order=True)
    folded = names.str.to_lowercase()
    odd = ~names.str.contains(r"^[\x20-\x7e]*$")
    # Polars lowers but does not fold (ß, Σ); few names are not ASCII.
    if odd.any():
        unfolded = names.filter(odd).str.normalize("NFKC")
        folded = folded.scatter(odd.arg_true(), pl.Series([name.casefold() for name in unfolded], dtype=pl.String))
    whole = pl.col("folded").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    short = whole.str.replace(r"\s*#[0-9]+$", "").str.replace(r"\s+[0-9]{4,}$", "").str.strip_chars(" ")
    key = pl.when(short == "").then(whole).otherwise(short).str.slice(0, MERCHANT_LENGTH)
    keys = pl.DataFrame({"merchant": names, "folded": folded}).select("merchant", key=key)
    return merchant.to_frame("merchant").join(keys, on="merchant", how="left", maintain_order="left")["key"]

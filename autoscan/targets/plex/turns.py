"""Which question a look asks about what has not come yet: a single one, so that a folder stays within its budget."""

#: After so many looks the turns begin anew; then a scan has had five minutes.
_ROUND = 6


def turn(look: int, *, known: bool, titled: bool, folders: bool) -> str:
    """Return `P1` to `P4` for one path at a look; 0 comes before the scan.

    P2 needs a `known` item, P3 a title, P4 a section with a view of `folders`: else it is P1's turn. The newest items
    and what is known come first. The last look of a round is by folders, as only they show what was taken for
    something else, came with an old date, and has no title to be asked for.
    """
    if look == 0:
        return "P2" if known else "P1"
    match look % _ROUND:
        case 2 | 5 if titled:
            return "P3"
        case 1 | 2 | 3 | 5 if known:
            return "P2"
        case 3 | 0 if folders:
            return "P4"
        case _:
            return "P1"

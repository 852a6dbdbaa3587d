"""What may be asked; one file per thing, all known here under their own names."""

from rollbook.domains.billing.queries.ledger import (
    Line,
    StandingDiscount,
    Statement,
    balance,
    balances,
    covered,
    discounts_of,
    others_of,
    revenue,
    statement,
)
from rollbook.domains.billing.queries.subscriptions import (
    Bought,
    Burned,
    Covered,
    Held,
    Place,
    Priced,
    bought,
    burned_of,
    charged_parts,
    contract_number,
    covered_by,
    held,
    places_of,
    priced,
)
from rollbook.domains.billing.queries.terms import ZERO, Terms, switches_of, terms

__all__ = [
    "ZERO", "Bought", "Burned", "Covered", "Held", "Line", "Place", "Priced", "StandingDiscount", "Statement",
    "Terms", "balance", "balances", "bought", "burned_of", "charged_parts", "contract_number", "covered", "covered_by",
    "discounts_of", "held", "others_of", "places_of", "priced", "revenue", "statement", "switches_of", "terms",
]

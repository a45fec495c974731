"""The invented names, by what money does there, and the two vocabularies that bank files have for it."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Pool:
    pair: str  # `Primary/Detailed`
    codes: str  # the same in upper-case codes
    channel: str
    names: tuple[str, ...]
    stores: bool  # each merchant has several store numbers


# A line `pool | channel | pair | codes`, with `| stores` where there are several, then the names, indented.
# A dash is no category. Earned interest has none: its code is INCOME_*, which makes a payday of a few cents.
_LISTED = """
payroll | ach | Income/Payroll | INCOME/INCOME_WAGES
  Harbor & Pine Logistics Payroll; Tallow Creek Schools Payroll; Brindle Works Payroll;
  Ostrander Clinic Payroll; Quillfeather Press Payroll; Larkmoor Energy Payroll; Sable Ridge Foods Payroll;
  Copperline Transit Payroll; Wexley Insurance Group Payroll; Nine Oaks Hotel Payroll;
  Vantry Software Payroll; Millrace Textiles Payroll
second_payroll | ach | Income/Payroll | INCOME/INCOME_WAGES
  Dovetail Catering Payroll; Evenlode Security Payroll; Parsley Lane Bakery Payroll
clients | ach | Income/Freelance | INCOME/INCOME_OTHER_INCOME
  Fennimore Studio; Kestrel Build Co; Oriel Events; Blue Thimble Design; Rookwood Rides;
  Saltmarsh Delivery; Tern & Vale Media; Umberfield Farms
rent | ach | Bills & Utilities/Rent | RENT_AND_UTILITIES/RENT_AND_UTILITIES_RENT
  Juniper Court Apartments; Marlowe Property Rent; Stonebridge Landlord; Calder Row Homes;
  Thistle Hill Residences
electricity | ach | Bills & Utilities/Utilities | RENT_AND_UTILITIES/RENT_AND_UTILITIES_GAS_AND_ELECTRICITY
  Larkmoor Electric; Gullwing Power; Tidewell Electric Coop
internet | online | Bills & Utilities/Internet | RENT_AND_UTILITIES/RENT_AND_UTILITIES_INTERNET_AND_CABLE
  Brightwire Broadband; Loomnet Internet; Hexfield Fiber
mobile | online | Bills & Utilities/Mobile Phone | RENT_AND_UTILITIES/RENT_AND_UTILITIES_TELEPHONE
  Pebblenook Mobile; Skylark Wireless; Twocan Mobile
insurance | online | Services/Insurance | GENERAL_SERVICES/GENERAL_SERVICES_INSURANCE
  Wexley Mutual; Anchorage Hill Insurance; Fieldfare Cover
loan | ach | Bills & Utilities/Student Loan | LOAN_PAYMENTS/LOAN_PAYMENTS_STUDENT_LOAN_PAYMENT
  Campus Ladder Loan Servicing; Meridian Student Loan
groceries | in_store | Food & Drink/Groceries | FOOD_AND_DRINK/FOOD_AND_DRINK_GROCERIES | stores
  Fernhill Market; Green Basket; Hollowell Foods; Pippin's Pantry; Sunfold Grocers; The Corn Crate
dining | in_store | Food & Drink/Restaurants | FOOD_AND_DRINK/FOOD_AND_DRINK_RESTAURANT
  Basil & Ember; Crooked Ladle; Dumpling Yard; Juno's Pizza; La Palombera; Noodle Harbor; Saffron Steps;
  Smokehouse Nine; Taqueria Lunares; The Salt Table
coffee | in_store | Food & Drink/Coffee | FOOD_AND_DRINK/FOOD_AND_DRINK_COFFEE
  Bramble Coffee; First Kettle; Moth & Moon Cafe; Third Porch Coffee
fuel | in_store | Transport/Fuel | TRANSPORTATION/TRANSPORTATION_GAS | stores
  Copperline Fuel; Redgate Fuel; Westering Fuel
shopping | in_store | Retail/General Merchandise | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_SUPERSTORES
  Alder & Ash Books; Bantam Hardware; Cloudberry Kids; Dapple Home; Elmgrove Pharmacy; Fable Toys;
  Gimlet Tools; Hazel Street Shoes; Inkwell Paper; Jasper Outdoor; Kittiwake Pets; Linden Optics;
  Mistral Cycles; Nettle Garden; Opal Electronics; Pomander Gifts
streaming | online | Entertainment/Streaming Services | ENTERTAINMENT/ENTERTAINMENT_TV_AND_MOVIES
  Lanternbox; Marquee Stream; Owlvision; Reelhaven
music | online | Entertainment/Streaming Services | ENTERTAINMENT/ENTERTAINMENT_MUSIC_AND_AUDIO
  Tunewell; Crotchet Audio; Echofield
gym | in_store | Health & Fitness/Gym Memberships | PERSONAL_CARE/PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS
  Ironleaf Gym; Granite Climbing Hall; Stillwater Yoga
cloud | online | Software/Cloud Services | GENERAL_SERVICES/GENERAL_SERVICES_OTHER_GENERAL_SERVICES
  Nimbusdrawer; Pagewright Docs; Vaultlet
box | online | Retail/Subscription Services | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_OTHER
  Crate of Kitchens; The Sock Parcel; Beanpost Monthly
news | online | Retail/Subscription Services | GENERAL_SERVICES/GENERAL_SERVICES_OTHER_GENERAL_SERVICES
  The Larkmoor Courier; Northlight Weekly
games | online | Retail/Subscription Services | ENTERTAINMENT/ENTERTAINMENT_VIDEO_GAMES
  Pixelorchard Pass; Dicecastle Club
meals | online | Retail/Subscription Services | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_OTHER
  Parsnip & Pan Kits; Weeknight Basket
language | online | Software/Cloud Services | GENERAL_SERVICES/GENERAL_SERVICES_EDUCATION
  Lingofern; Palaver Lessons
weekly | online | Retail/Subscription Services | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_OTHER
  Veg Crate Weekly; Petal Post
cancelled | online | Retail/Subscription Services | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_OTHER
  Snackwagon; Candlepost; The Weekly Stem
refund | online | Retail/General Merchandise | GENERAL_MERCHANDISE/GENERAL_MERCHANDISE_SUPERSTORES
  Refund Hazel Street Shoes; Refund Opal Electronics
fee | other | Financial/Fees | BANK_FEES/BANK_FEES_OTHER_BANK_FEES
  Monthly Account Fee
late_fee | other | Financial/Fees | BANK_FEES/BANK_FEES_LATE_PAYMENT
  Late Payment Fee
interest_charge | other | Financial/Interest Charge | BANK_FEES/BANK_FEES_INTEREST_CHARGE
  Purchase Interest Charge
interest_earned | other | - | -
  Interest paid to you
card_payment | ach | Financial/Payments | LOAN_PAYMENTS/LOAN_PAYMENTS_CREDIT_CARD_PAYMENT
  Card Payment
card_credit | ach | Financial/Payments | LOAN_PAYMENTS/LOAN_PAYMENTS_CREDIT_CARD_PAYMENT
  Payment Thank You
to_savings | ach | Financial/Transfers | TRANSFER_OUT/TRANSFER_OUT_SAVINGS
  Transfer to Savings
from_checking | ach | Financial/Transfers | TRANSFER_IN/TRANSFER_IN_SAVINGS
  Transfer from Checking
"""


@cache
def pools() -> dict[str, Pool]:
    found: dict[str, Pool] = {}
    for block in _LISTED.strip().replace("\n  ", " ~ ").splitlines():
        head, _, names = block.partition(" ~ ")
        kind, channel, pair, codes, *stores = (part.strip() for part in head.split("|"))
        listed = tuple(name.strip() for name in names.replace(" ~ ", " ").split(";"))
        found[kind] = Pool(pair, codes, channel, listed, bool(stores))
    return found

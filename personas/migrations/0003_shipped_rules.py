"""Version 1 of the rules: the shipped document, which serves every institution that has published nothing."""

import json

from django.db import migrations

DOCUMENT = json.loads(
    """
{
 "format": 1,
 "version": 1,
 "name": "Shipped rules",
 "persona": [
  {
   "slug": "high_utilization",
   "id": 1,
   "name": "High Utilization",
   "match": {
    "any": [
     {
      "id": "hu_card_50",
      "signal": "credit.any_card_high_util",
      "op": "==",
      "threshold": true
     },
     {
      "id": "hu_interest",
      "signal": "credit.any_interest_charges",
      "op": "==",
      "threshold": true
     },
     {
      "id": "hu_overdue",
      "signal": "credit.any_overdue",
      "op": "==",
      "threshold": true
     },
     {
      "id": "hu_minimum_only",
      "signal": "credit.any_minimum_payment_only",
      "op": "==",
      "threshold": true
     }
    ]
   },
   "strength": [
    {
     "tier": "strong",
     "when": {
      "any": [
       {
        "id": "hu_s1",
        "signal": "credit.aggregate_utilization_pct",
        "op": ">=",
        "threshold": 70
       },
       {
        "id": "hu_s2",
        "signal": "credit.any_overdue",
        "op": "==",
        "threshold": true
       }
      ]
     }
    },
    {
     "tier": "moderate",
     "when": {
      "all": [
       {
        "id": "hu_m1",
        "signal": "credit.aggregate_utilization_pct",
        "op": ">=",
        "threshold": 50
       },
       {
        "id": "hu_m2",
        "signal": "credit.any_interest_charges",
        "op": "==",
        "threshold": true
       }
      ]
     }
    }
   ]
  },
  {
   "slug": "variable_income_budgeter",
   "id": 2,
   "name": "Variable Income Budgeter",
   "match": {
    "all": [
     {
      "id": "vib_buffer",
      "signal": "income.cash_flow_buffer_months",
      "op": "<",
      "threshold": 1
     },
     {
      "any": [
       {
        "id": "vib_gap",
        "signal": "income.median_pay_gap_days",
        "op": ">",
        "threshold": 45
       },
       {
        "all": [
         {
          "id": "vib_irregular",
          "signal": "income.payment_frequency",
          "op": "==",
          "threshold": "irregular"
         },
         {
          "id": "vib_variability",
          "signal": "income.income_variability_pct",
          "op": ">=",
          "threshold": 30
         }
        ]
       }
      ]
     }
    ]
   },
   "strength": [
    {
     "tier": "strong",
     "when": {
      "all": [
       {
        "id": "vib_s1",
        "signal": "income.cash_flow_buffer_months",
        "op": "<",
        "threshold": 0.5
       },
       {
        "id": "vib_s2",
        "signal": "income.income_variability_pct",
        "op": ">",
        "threshold": 30
       }
      ]
     }
    },
    {
     "tier": "moderate",
     "when": {
      "all": [
       {
        "id": "vib_m1",
        "signal": "income.cash_flow_buffer_months",
        "op": "<",
        "threshold": 1
       },
       {
        "id": "vib_m2",
        "signal": "income.income_variability_pct",
        "op": ">",
        "threshold": 20
       }
      ]
     }
    }
   ]
  },
  {
   "slug": "subscription_heavy",
   "id": 3,
   "name": "Subscription Heavy",
   "match": {
    "all": [
     {
      "id": "sh_count",
      "signal": "subscriptions.recurring_merchant_count",
      "op": ">=",
      "threshold": 3
     },
     {
      "any": [
       {
        "id": "sh_spend",
        "signal": "subscriptions.monthly_recurring_spend",
        "op": ">=",
        "threshold": 50
       },
       {
        "id": "sh_share",
        "signal": "subscriptions.subscription_share_pct",
        "op": ">=",
        "threshold": 10
       }
      ]
     }
    ]
   },
   "strength": [
    {
     "tier": "strong",
     "when": {
      "all": [
       {
        "id": "sh_s1",
        "signal": "subscriptions.recurring_merchant_count",
        "op": ">=",
        "threshold": 5
       },
       {
        "id": "sh_s2",
        "signal": "subscriptions.subscription_share_pct",
        "op": ">=",
        "threshold": 15
       }
      ]
     }
    },
    {
     "tier": "moderate",
     "when": {
      "all": [
       {
        "id": "sh_m1",
        "signal": "subscriptions.recurring_merchant_count",
        "op": ">=",
        "threshold": 3
       },
       {
        "id": "sh_m2",
        "signal": "subscriptions.subscription_share_pct",
        "op": ">=",
        "threshold": 10
       }
      ]
     }
    }
   ]
  },
  {
   "slug": "savings_builder",
   "id": 4,
   "name": "Savings Builder",
   "match": {
    "all": [
     {
      "any": [
       {
        "id": "sb_growth",
        "signal": "savings.savings_growth_rate_pct",
        "op": ">=",
        "threshold": 2
       },
       {
        "id": "sb_inflow",
        "signal": "savings.net_savings_inflow",
        "op": ">=",
        "threshold": 200
       }
      ]
     },
     {
      "id": "sb_cards",
      "signal": "credit.cards_not_below_30",
      "op": "==",
      "threshold": 0
     },
     {
      "any": [
       {
        "id": "sb_ledger",
        "signal": "savings.inferred",
        "op": "==",
        "threshold": false
       },
       {
        "id": "sb_fund",
        "signal": "savings.emergency_fund_months",
        "op": ">=",
        "threshold": 3
       }
      ]
     }
    ]
   },
   "strength": [
    {
     "tier": "strong",
     "when": {
      "all": [
       {
        "id": "sb_s1",
        "signal": "savings.savings_growth_rate_pct",
        "op": ">=",
        "threshold": 5
       },
       {
        "id": "sb_s2",
        "signal": "savings.net_savings_inflow",
        "op": ">=",
        "threshold": 400
       }
      ]
     }
    },
    {
     "tier": "moderate",
     "when": {
      "any": [
       {
        "id": "sb_m1",
        "signal": "savings.savings_growth_rate_pct",
        "op": ">=",
        "threshold": 2
       },
       {
        "id": "sb_m2",
        "signal": "savings.net_savings_inflow",
        "op": ">=",
        "threshold": 200
       }
      ]
     }
    }
   ]
  },
  {
   "slug": "general_wellness",
   "id": 5,
   "name": "General Wellness"
  }
 ]
}
"""
)
HASH = "2dce3eac2df32fac76c64e58158280d24a7301cf071bc6b1e1dda587c3fda964"


def ship(apps, schema_editor):
    apps.get_model("personas", "RuleSet").objects.using(schema_editor.connection.alias).get_or_create(
        tenant=None,
        version=1,
        defaults={
            "status": "published",
            "document": DOCUMENT,
            "hash": HASH,
            "base_version": 1,
            "note": "Shipped rules",
            "created_by": "migration",
            "published_by": "migration",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("personas", "0002_guards")]

    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]

"""Fills an empty Tryton 8.2 through its own JSON-RPC: a sauce plant with two lines, a quarantine location, materials, lots and orders.

usage: tryton_seed.py URL DATABASE
"""

import datetime
import decimal
import sys

from tryton_rpc import Client

# Codes that the tests rely on.
COMPANY = "Elbe Valley Foods"
LINES = [("LINE1", "Filling line 1"), ("LINE2", "Filling line 2")]
QUARANTINE = "QUAR"
TOMATO, JAR, SAUCE = "RM-TOMATO", "PK-JAR-340", "FG-SAUCE-340"
LOTS = ["TOM-0001", "TOM-0002", "TOM-0003"]
LOT_KG = 400.0
TOMATO_KG_PER_JAR = 0.30


def company(client):
    """A company with a currency, and the admin as its user; everything else hangs on it."""
    euro = client.ensure("currency.currency", {"code": "EUR"}, name="Euro", symbol="€")
    party = client.ensure("party.party", {"name": COMPANY})
    own = client.ensure("company.company", {"party": party}, currency=euro)
    client.call("res.user", "write", [client.user], {"companies": [["add", [own]]], "company": own})
    client.reload_context()
    return own


def locations(client):
    warehouse = client.find("stock.location", code="WH")
    client.ensure(
        "stock.location", {"code": QUARANTINE}, name="Quarantine", type="storage", parent=warehouse
    )
    for code, name in LINES:
        client.ensure("stock.location", {"code": code}, name=name, type="production")


def material(client, code, name, unit, *, tracked=False, producible=False):
    """The id of a product; `tracked` ones need a lot wherever they are stored or used."""
    known = client.find("product.product", code=code)
    if known:
        return known
    template = client.create(
        "product.template",
        name=name,
        code=code,
        type="goods",
        default_uom=unit,
        producible=producible,
        list_price=decimal.Decimal(0),
        cost_price_method="fixed",
        lot_required=["storage", "production"] if tracked else None,
        products=[["create", [{"cost_price": decimal.Decimal("1.00")}]]],
    )
    return client.read("product.template", template, "products")["products"][0]


def receive(client, product, unit, quantity, lot=None):
    """Stock arrives from a supplier: a single move, done."""
    move = client.create(
        "stock.move",
        product=product,
        lot=lot,
        quantity=quantity,
        unit=unit,
        from_location=client.find("stock.location", code="SUP"),
        to_location=client.find("stock.location", code="STO"),
        currency=client.find("currency.currency", code="EUR"),
        unit_price=decimal.Decimal("1.00"),
        company=client.context["company"],
    )
    client.call("stock.move", "do", [move])


def order(client, line, quantity, reference, days_ahead=0):
    """A production order, waiting. The moves are given outright: over RPC the server explodes no bill of materials."""
    storage = client.find("stock.location", code="STO")
    location = client.find("stock.location", code=line)
    kilogram, unit = (client.find("product.uom", symbol=symbol) for symbol in ("kg", "u"))
    tomato, jar, sauce = (client.find("product.product", code=c) for c in (TOMATO, JAR, SAUCE))
    own = client.context["company"]
    inward = {"from_location": storage, "to_location": location, "company": own}
    outward = {
        "from_location": location,
        "to_location": storage,
        "company": own,
        "unit_price": decimal.Decimal("0.90"),
        "currency": client.find("currency.currency", code="EUR"),
    }
    kilograms = round(TOMATO_KG_PER_JAR * quantity, 2)
    planned = datetime.date.today() + datetime.timedelta(days=days_ahead)
    production = client.create(
        "production",
        product=sauce,
        quantity=quantity,
        unit=unit,
        type="assembly",
        warehouse=client.find("stock.location", code="WH"),
        location=location,
        company=own,
        reference=reference,
        planned_date=planned,
        planned_start_date=planned,
        inputs=[["create", [
            {**inward, "product": tomato, "quantity": kilograms, "unit": kilogram,
             "lot": client.find("stock.lot", number=LOTS[0])},
            {**inward, "product": jar, "quantity": quantity, "unit": unit},
        ]]],
        outputs=[["create", [{**outward, "product": sauce, "quantity": quantity, "unit": unit}]]],
    )
    client.call("production", "wait", [production])
    return production


def seed(client):
    client.accepting_warnings = True
    company(client)
    locations(client)
    kilogram, unit = (client.find("product.uom", symbol=symbol) for symbol in ("kg", "u"))
    tomato = material(client, TOMATO, "Tomato concentrate 28/30", kilogram, tracked=True)
    jar = material(client, JAR, "Glass jar 340 ml with lid", unit)
    material(client, SAUCE, "Tomato sauce 340 g", unit, tracked=True, producible=True)
    for number in LOTS:
        lot = client.create("stock.lot", number=number, product=tomato)
        receive(client, tomato, kilogram, LOT_KG, lot)
    receive(client, jar, unit, 5000.0)
    for index in range(4):
        line, _ = LINES[index % len(LINES)]
        order(client, line, 200.0 + 50 * index, f"SO-{7000 + index}", days_ahead=index)


if __name__ == "__main__":
    seed(Client(sys.argv[1], sys.argv[2]))

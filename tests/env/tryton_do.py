"""Does one thing in a running Tryton, as a clerk would, and prints the result as JSON.

usage: tryton_do.py URL DATABASE COMMAND [ARGUMENT ...]

  order LINE QUANTITY REFERENCE   a new production order, waiting
  run REFERENCE                   that order is assigned its material and runs
  cancel REFERENCE                that order is cancelled
  quantity REFERENCE QUANTITY     that order, if it does not run yet, gets another quantity
  lot NUMBER                      a new lot of the raw material, nothing received yet
  receive NUMBER KILOGRAMS        stock of that lot arrives from the supplier
  quarantine NUMBER               all stock of that lot goes into quarantine
  release NUMBER                  all stock of that lot goes back to storage
  rename CODE NAME                a material gets another name
  note REFERENCE TEXT             that order gets another reference: somebody else's change
  where NUMBER                    how much of that lot is where
  shipments REFERENCE             the states of the internal shipments with that reference
"""

import datetime
import json
import sys

import tryton_seed
from tryton_rpc import Client


def production(client, reference):
    found = client.find("production", reference=reference)
    if found is None:
        sys.exit(f"no production order has the reference {reference}")
    return found


def shown(client, order):
    return client.read("production", order, "number", "reference", "state", "quantity")


def order(client, line, quantity, reference):
    return shown(client, tryton_seed.order(client, line, float(quantity), reference))


def run(client, reference):
    order_id = production(client, reference)
    client.call("production", "assign_try", [order_id])
    client.call("production", "run", [order_id])
    return shown(client, order_id)


def cancel(client, reference):
    order_id = production(client, reference)
    client.call("production", "cancel", [order_id])
    return shown(client, order_id)


def quantity(client, reference, value):
    order_id = production(client, reference)
    client.call("production", "draft", [order_id])
    client.call("production", "write", [order_id], {"quantity": float(value)})
    client.call("production", "wait", [order_id])
    return shown(client, order_id)


def lot(client, number):
    tomato = client.find("product.product", code=tryton_seed.TOMATO)
    return {"id": client.ensure("stock.lot", {"number": number}, product=tomato)}


def receive(client, number, kilograms):
    lot_id = client.find("stock.lot", number=number)
    tomato = client.find("product.product", code=tryton_seed.TOMATO)
    kilogram = client.find("product.uom", symbol="kg")
    tryton_seed.receive(client, tomato, kilogram, float(kilograms), lot_id)
    return {"id": lot_id}


def transfer(client, number, source_code, target_code):
    """Moves all stock of a lot between two locations by an internal shipment, and says what is left where."""
    lot_id = client.find("stock.lot", number=number)
    source, target = (client.find("stock.location", code=c) for c in (source_code, target_code))
    today = datetime.date.today()
    at = {"stock_date_end": today}
    fields = ("quantity", "product", "default_uom")
    stock = client.read("stock.lot", lot_id, *fields, locations=[source], **at)
    move = {
        "product": stock["product"],
        "lot": lot_id,
        "quantity": stock["quantity"],
        "unit": stock["default_uom"],
        "from_location": source,
        "to_location": target,
        "company": client.context["company"],
    }
    shipment = client.create(
        "stock.shipment.internal",
        from_location=source,
        to_location=target,
        planned_date=today,
        planned_start_date=today,
        moves=[["create", [move]]],
    )
    for button in ("wait", "assign_try", "do"):
        client.call("stock.shipment.internal", button, [shipment])
    left = {
        code: client.read("stock.lot", lot_id, "quantity", locations=[place], **at)["quantity"]
        for code, place in ((source_code, source), (target_code, target))
    }
    return {"id": lot_id, "quantity": left}


def quarantine(client, number):
    return transfer(client, number, "STO", tryton_seed.QUARANTINE)


def release(client, number):
    return transfer(client, number, tryton_seed.QUARANTINE, "STO")


def rename(client, code, name):
    product = client.find("product.product", code=code)
    template = client.read("product.product", product, "template")["template"]
    client.call("product.template", "write", [template], {"name": name})
    return {"id": product}


def note(client, reference, text):
    order_id = production(client, reference)
    client.call("production", "write", [order_id], {"reference": text})
    return shown(client, order_id)


def where(client, number):
    lot_id = client.find("stock.lot", number=number)
    today = datetime.date.today()
    places = {code: client.find("stock.location", code=code) for code in ("STO", tryton_seed.QUARANTINE)}
    return {
        code: client.read("stock.lot", lot_id, "quantity", locations=[place], stock_date_end=today)["quantity"]
        for code, place in places.items()
    } | {"id": lot_id}


def shipments(client, reference):
    found = client.call(
        "stock.shipment.internal", "search_read", [["reference", "=", reference]], 0, 10, [["id", "ASC"]], ["state"])
    return [shipment["state"] for shipment in found]


COMMANDS = {f.__name__: f for f in (
    order, run, cancel, quantity, lot, receive, quarantine, release, rename, note, where, shipments)}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[3] not in COMMANDS:
        sys.exit(__doc__)
    url, database, command, *arguments = sys.argv[1:]
    session = Client(url, database)
    session.accepting_warnings = True
    print(json.dumps(COMMANDS[command](session, *arguments)))

"""A third-party OPC UA plant for the tests, on asyncua: two lines that do what they are told.

usage: asyncua_plant.py PORT CONTROL_PORT PKI_DIR

opc.tcp://127.0.0.1:PORT/plant, security None and Basic256Sha256 (SignAndEncrypt), anonymous or user `operator` with
password `plant-pass`. Its certificate and key live in PKI_DIR and survive a restart, so that a client's pin stays good.

    Objects/Plant/{Line1,Line2}/{StateCurrent Int32, GoodCount UInt32, ScrapCount UInt32, Temperature Double, OrderNumber String}

in the namespace urn:plantgraph:test:plant. PLANT_NAMESPACES_BEFORE=n registers n other namespaces first: the index of
the plant's namespace moves, as it does when a vendor updates a server.

Prints READY when it listens. Ends on SIGTERM, on the command `stop`, or when its stdin closes (so it never outlives
the test that started it). CONTROL_PORT takes one JSON object per line and answers each with one JSON line:

    {"do": "write", "node": "Line1.StateCurrent", "value": 6}
        optional: "type" (another OPC UA type), "time" (source time, ISO 8601), "status" (such as "BadSensorFailure")
    {"do": "sequence", "node": "Line1.GoodCount", "first": 1, "count": 1000, "hz": 200}
        numbers counted up; with "values": [6, 11, 2] those in turn instead; answers at once
    {"do": "wait", "node": "Line1.GoodCount"}      answers when that sequence is finished
    {"do": "written", "node": "Line1.GoodCount"}   everything written: [[value, source time, status], ...]
    {"do": "alarm", "name": "Overheated", "active": true, "acked": false, "retain": true, "severity": 700, "message": "too hot"}
        an event of the condition Line1.Overheated (OffNormalAlarmType) at Line1; the server repeats it while it retains it
    {"do": "forget", "name": "Overheated"}         the server does not repeat it any more, and tells nobody
    {"do": "acked"}                                what clients acknowledged: [[event id as hex, comment], ...]
    {"do": "stop"}

Line1 and the object Server notify of events. With PLANT_HISTORY=1 every variable keeps its history and shows it.
With PLANT_COMPANION=1 there is also Objects/Plant/Press as companion specifications have it: a PackML object of a vendor's
own subtype, Machinery's identification and item state, and a receiver of job orders.
"""

import asyncio
import datetime
import json
import logging
import os
import pathlib
import signal
import sys
import time

from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from cryptography.x509.oid import ExtendedKeyUsageOID

NAMESPACE = "urn:plantgraph:test:plant"
APPLICATION = "urn:plantgraph:test:asyncua"
LINES = ("Line1", "Line2")
VARIABLES = (
    ("StateCurrent", ua.VariantType.Int32, 4),
    ("GoodCount", ua.VariantType.UInt32, 0),
    ("ScrapCount", ua.VariantType.UInt32, 0),
    ("Temperature", ua.VariantType.Double, 85.0),
    ("OrderNumber", ua.VariantType.String, ""),
)
TICK = datetime.timedelta(microseconds=1)
# A test's whole ledger is one answer line; asyncio's default of 64 KiB would cut a long command off.
LINE_BYTES_MAX = 1 << 20


class Users:
    """Anonymous and one named user: OPC UA refuses to transfer subscriptions between anonymous sessions."""

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None:
            return User(role=UserRole.User, name="anonymous")
        if (username, password) == ("operator", "plant-pass"):
            return User(role=UserRole.User, name="operator")
        return None


class Variable:
    """One variable, its ledger of everything ever written, and the sequence that may be running on it."""

    def __init__(self, server, node_id, kind):
        self.server, self.node_id, self.kind = server, node_id, kind
        self.written = []
        self.sequence = None
        self.last_time = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)

    async def write(self, value, kind=None, time=None, status="Good"):
        """Writes with a source time that is later than every earlier one, unless the caller gives the time."""
        now = datetime.datetime.now(datetime.timezone.utc)
        source_time = time or max(now, self.last_time + TICK)
        self.last_time = max(self.last_time, source_time)
        code = ua.StatusCode(getattr(ua.StatusCodes, status))
        variant = ua.Variant(value, kind or self.kind)
        await self.server.write_attribute_value(
            self.node_id,
            ua.DataValue(variant, code, SourceTimestamp=source_time, ServerTimestamp=now),
        )
        self.written.append([value, source_time.isoformat(), status])

    async def run(self, values, hz):
        """Writes the values at `hz`, against the clock: a late write does not delay those after it."""
        start = time.perf_counter()
        for index, value in enumerate(values):
            await asyncio.sleep(max(0.0, start + index / hz - time.perf_counter()))
            await self.write(value)


class Alarms:
    """Conditions of Line1 that the server repeats on request, as far as asyncua knows of conditions."""

    def __init__(self, server, line, index):
        self.server, self.line, self.index = server, line, index
        self.generators, self.acked = {}, []

    async def event(self, name):
        """The event of a condition; asyncua keeps the same object to repeat it."""
        if name not in self.generators:
            generator = await self.server.get_event_generator(
                self.server.get_node(ua.NodeId(ua.ObjectIds.OffNormalAlarmType)), self.line
            )
            event = generator.event
            event.add_property("NodeId", ua.NodeId(f"Plant.Line1.{name}", self.index), ua.VariantType.NodeId)
            for part in ("ActiveState/Id", "AckedState/Id", "ConfirmedState/Id", "EnabledState/Id"):
                event.add_variable(part, part == "EnabledState/Id", ua.VariantType.Boolean)
            event.add_property("ConditionName", name, ua.VariantType.String)
            event.add_property("BranchId", ua.NodeId(), ua.VariantType.NodeId)
            event.add_property("SuppressedOrShelved", False, ua.VariantType.Boolean)
            event.add_property("Retain", True, ua.VariantType.Boolean)
            self.generators[name] = generator
        return self.generators[name]

    async def report(self, command):
        generator = await self.event(command["name"])
        event = generator.event
        setattr(event, "ActiveState/Id", command.get("active", True))
        setattr(event, "AckedState/Id", command.get("acked", False))
        setattr(event, "ConfirmedState/Id", True)
        event.Retain = command.get("retain", True)
        event.Severity = command.get("severity", 500)
        event.Message = ua.LocalizedText(command.get("message", command["name"]))
        await generator.trigger()
        return {"event": event.EventId.Value.hex()}

    def forget(self, name):
        self.server.iserver.subscription_service._conditions.pop(self.generators[name].event.NodeId)

    async def acknowledge(self, parent, event_id, comment):
        """The method Acknowledge of every condition."""
        self.acked.append([event_id.Value.hex(), comment.Value.Text])
        return []


class Plant:
    def __init__(self, server, variables, alarms):
        self.server, self.variables, self.alarms = server, variables, alarms
        self.stopped = asyncio.Event()

    async def do(self, command):
        match command["do"]:
            case "stop":
                self.stopped.set()
                return {}
            case "write":
                kind = getattr(ua.VariantType, command["type"]) if "type" in command else None
                at = datetime.datetime.fromisoformat(command["time"]) if "time" in command else None
                variable = self.variables[command["node"]]
                await variable.write(command["value"], kind, at, command.get("status", "Good"))
                return {"time": variable.written[-1][1]}
            case "sequence":
                variable, count = self.variables[command["node"]], command["count"]
                turns, first = command.get("values"), command.get("first", 1)
                values = [turns[i % len(turns)] if turns else first + i for i in range(count)]
                variable.sequence = asyncio.create_task(variable.run(values, command["hz"]))
                return {"count": count}
            case "wait":
                variable = self.variables[command["node"]]
                if variable.sequence:
                    await variable.sequence
                return {"count": len(variable.written)}
            case "alarm":
                return await self.alarms.report(command)
            case "forget":
                self.alarms.forget(command["name"])
                return {}
            case "acked":
                return {"acked": self.alarms.acked}
            case "written":
                return {"values": self.variables[command["node"]].written}
            case other:
                raise ValueError(f"unknown command {other}")

    async def answer(self, line):
        try:
            return {"ok": True, **await self.do(json.loads(line))}
        except Exception as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    async def control(self, reader, writer):
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(line)).encode() + b"\n")
                await writer.drain()
        except asyncio.CancelledError:
            # The plant is stopping; asyncio would print a task that ends like this as a fault.
            pass
        finally:
            writer.close()


async def certificate(server, pki):
    pki.mkdir(parents=True, exist_ok=True)
    key, cert = pki / "server.key.pem", pki / "server.der"
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    subject = {"commonName": "asyncua test plant", "organizationName": "plantgraph tests"}
    await setup_self_signed_certificate(key, cert, APPLICATION, "localhost", uses, subject)
    await server.load_certificate(str(cert))
    await server.load_private_key(str(key))


async def build(port, pki):
    server = Server(user_manager=Users())
    # ConditionRefresh, off unless somebody wants it; the number is the severity of its own events.
    server.iserver.bind_condition_methods = 200
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/plant")
    server.set_server_name("asyncua test plant")
    await server.set_application_uri(APPLICATION)
    server.set_security_policy([
        ua.SecurityPolicyType.NoSecurity,
        ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ])
    await certificate(server, pki)
    for number in range(int(os.environ.get("PLANT_NAMESPACES_BEFORE", "0"))):
        await server.register_namespace(f"urn:plantgraph:test:filler:{number}")
    index = await server.register_namespace(NAMESPACE)
    plant = await server.nodes.objects.add_folder(
        ua.NodeId("Plant", index), ua.QualifiedName("Plant", index)
    )
    variables = {}
    for line in LINES:
        parent = await plant.add_object(
            ua.NodeId(f"Plant.{line}", index), ua.QualifiedName(line, index)
        )
        for name, kind, initial in VARIABLES:
            node_id = ua.NodeId(f"Plant.{line}.{name}", index)
            await parent.add_variable(
                node_id, ua.QualifiedName(name, index), ua.Variant(initial, kind)
            )
            variables[f"{line}.{name}"] = Variable(server, node_id, kind)
            if os.environ.get("PLANT_HISTORY"):
                await server.historize_node_data_change(server.get_node(node_id), period=None, count=100_000)
            await variables[f"{line}.{name}"].write(initial)
    line = server.get_node(ua.NodeId("Plant.Line1", index))
    alarms = Alarms(server, line, index)
    await line.set_event_notifier([ua.EventNotifier.SubscribeToEvents])
    server.link_method(
        server.get_node(ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)), alarms.acknowledge
    )
    if os.environ.get("PLANT_COMPANION"):
        await companion(server, plant, index)
    return Plant(server, variables, alarms)


async def companion(server, plant, index):
    """A machine as companion specifications have it, with as much of their types as a client looks at."""
    packml = await server.register_namespace("http://opcfoundation.org/UA/PackML/")
    machinery = await server.register_namespace("http://opcfoundation.org/UA/Machinery/")
    devices = await server.register_namespace("http://opcfoundation.org/UA/DI/")
    jobs = await server.register_namespace("http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/")
    base = server.nodes.base_object_type

    async def object_type(parent, namespace, name):
        return await parent.add_object_type(ua.NodeId(0, namespace), ua.QualifiedName(name, namespace))

    packml_type = await object_type(base, packml, "PackMLBaseObjectType")
    own_type = await object_type(packml_type, index, "PressPackMLType")
    machine_type = await object_type(base, packml, "PackMLBaseStateMachineType")
    item_state = await object_type(base, machinery, "MachineryItemState_StateMachineType")
    identification = await object_type(base, machinery, "MachineIdentificationType")
    receiver = await object_type(base, jobs, "ISA95JobOrderReceiverObjectType")

    async def add(parent, namespace, name, of=base):
        return await parent.add_object(ua.NodeId(0, namespace), ua.QualifiedName(name, namespace), of.nodeid)

    press = await add(plant, index, "Press")
    state = await add(press, index, "PackML", own_type)
    machine = await add(state, packml, "BaseStateMachine", machine_type)
    current = await machine.add_variable(ua.NodeId(0, index), ua.QualifiedName("CurrentState", 0), ua.LocalizedText("Cleared"))
    await current.add_property(ua.NodeId(0, index), ua.QualifiedName("Number", 0), 2, ua.VariantType.UInt32)
    blocks = await add(press, machinery, "MachineryBuildingBlocks")
    await add(blocks, machinery, "MachineryItemState", item_state)
    identity = await add(blocks, devices, "Identification", identification)
    await identity.add_property(ua.NodeId(0, index), ua.QualifiedName("SerialNumber", devices), "4711")
    management = await add(blocks, index, "JobManagement")
    await add(management, index, "JobOrderControl", receiver)
    warm = await press.add_variable(ua.NodeId(0, index), ua.QualifiedName("OilTemperature", index), 40.0)
    unit = ua.EUInformation(UnitId=4408652, DisplayName=ua.LocalizedText("°C"))
    await warm.add_property(ua.NodeId(0, index), ua.QualifiedName("EngineeringUnits", 0), unit)


async def stop_with_stdin(stopped):
    """Reads stdin to its end; it carries no commands, only the life of the parent."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    stopped.set()


async def main(port, control_port, pki):
    logging.basicConfig(level=logging.ERROR)
    plant = await build(port, pki)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, plant.stopped.set)
    watch = asyncio.create_task(stop_with_stdin(plant.stopped))
    control = await asyncio.start_server(
        plant.control, "127.0.0.1", control_port, limit=LINE_BYTES_MAX
    )
    async with plant.server, control:
        print(f"READY {port} {control_port}", flush=True)
        await plant.stopped.wait()
    watch.cancel()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])))

"""A collector of OpenTelemetry: decodes what it is sent with the official messages, tells it on its
standard output, a line of JSON each, and answers as it was last told on its standard input: `takes`,
`rejects COUNT` of what a message has, `rejects COUNT figures` of those alone, `answers STATUS`, `hangs`
or `closes`."""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

manner = ["takes"]
output = threading.Lock()


def tell(said):
    with output:
        print(json.dumps(said), flush=True)


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(of):
    return {attribute.key: value(attribute.value) for attribute in of}


def spans(body):
    request = ExportTraceServiceRequest.FromString(body)
    for of_resource in request.resource_spans:
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield {
                    "name": span.name,
                    "kind": span.kind,
                    "trace": span.trace_id.hex(),
                    "span": span.span_id.hex(),
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "failed": span.status.code == 2,
                    "attributes": attributes(span.attributes),
                    "resource": attributes(of_resource.resource.attributes),
                }


def metrics(body):
    request = ExportMetricsServiceRequest.FromString(body)
    for of_resource in request.resource_metrics:
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                yield {
                    "name": metric.name,
                    "unit": metric.unit,
                    "kind": kind,
                    "grows": kind == "sum" and data.is_monotonic and data.aggregation_temporality == 2,
                    "points": [point(kind, one) for one in data.data_points],
                }


def point(kind, one):
    told = {
        "attributes": attributes(one.attributes),
        "since": one.start_time_unix_nano,
        "time": one.time_unix_nano,
    }
    if kind == "histogram":
        told |= {
            "count": one.count,
            "sum": one.sum,
            "buckets": list(one.bucket_counts),
            "bounds": list(one.explicit_bounds),
        }
    else:
        told["value"] = getattr(one, one.WhichOneof("value"))
    return told


def rejection(path, count):
    if path == "/v1/traces":
        answer = ExportTraceServiceResponse()
        answer.partial_success.rejected_spans = count
    else:
        answer = ExportMetricsServiceResponse()
        answer.partial_success.rejected_data_points = count
    answer.partial_success.error_message = "too old"
    return answer.SerializeToString()


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        now = manner[0]
        body = self.rfile.read(int(self.headers["content-length"]))
        decode = {"/v1/traces": spans, "/v1/metrics": metrics}[self.path]
        tell({
            self.path[4:]: list(decode(body)),
            "kind": self.headers["content-type"],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "raw": base64.b64encode(body).decode(),
        })
        self.close_connection = True
        if now == "hangs":
            threading.Event().wait()
        if now != "closes":
            rejects = now.startswith("rejects") and (not now.endswith("figures") or self.path == "/v1/metrics")
            answer = rejection(self.path, int(now.split()[1])) if rejects else b""
            self.send_response(int(now.split()[1]) if now.startswith("answers") else 200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
tell({"address": f"http://127.0.0.1:{server.server_port}"})
# Whoever started it has ended when nothing more can come.
for line in sys.stdin:
    manner[0] = line.strip()
    tell({"manner": manner[0]})

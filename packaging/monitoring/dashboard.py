#!/usr/bin/env python3
"""Writes grafana.json: Grafana's own form repeats itself, so the panels stand here, a row each. Usage: dashboard.py >grafana.json"""

import json

SELECTION = '{job="$job", instance=~"$instance"}'
RATE = "[$__rate_interval]"


def rate(name: str, by: str = "instance", more: str = "") -> str:
    selection = SELECTION[:-1] + more + "}"
    return f"sum by ({by}) (rate({name}{selection}{RATE}))"


def quantile(share: float) -> str:
    return f"histogram_quantile({share}, {rate('barograph_http_request_duration_seconds_bucket', 'le')})"


PANELS = [
    # title, unit, [(expression, legend)]
    ("Servers that answer", "none", [('sum(up{job="$job"})', "up"), ('count(up{job="$job"})', "of")]),
    ("Requests", "reqps", [(rate("barograph_http_requests_total", "status"), "{{status}}")]),
    ("Time of an answer", "s", [(quantile(0.5), "half"), (quantile(0.99), "99 %"), (quantile(0.999), "99.9 %")]),
    ("Slowest routes, 99 %", "s", [(
        f"topk(8, histogram_quantile(0.99, {rate('barograph_http_request_duration_seconds_bucket', 'route, le')}))", "{{route}}")]),
    ("Failures", "reqps", [(rate("barograph_http_requests_total", "route", ', status="5xx"'), "{{route}}")]),
    ("Received and sent", "Bps", [
        (rate("barograph_http_received_bytes_total"), "received {{instance}}"), (rate("barograph_http_sent_bytes_total"), "sent {{instance}}")]),
    ("Connections", "none", [
        ("barograph_http_connections" + SELECTION, "open {{instance}}"),
        ("barograph_http_requests_in_flight" + SELECTION, "in flight {{instance}}"),
        (f"increase(barograph_http_connections_evicted_total{SELECTION}{RATE})", "evicted {{instance}}")]),
    ("New connections", "cps", [(rate("barograph_http_connections_total"), "{{instance}}")]),
    ("Changes and commits", "ops", [
        (rate("barograph_store_works_total"), "changes {{instance}}"), (rate("barograph_store_commits_total"), "commits {{instance}}")]),
    ("Changes that wait", "none", [("barograph_store_queued_works" + SELECTION, "{{instance}}")]),
    ("Write-ahead log", "bytes", [
        ("barograph_store_log_bytes" + SELECTION, "{{instance}}"), (rate("barograph_store_checkpoints_total"), "checkpoints/s {{instance}}")]),
    ("Questions ended by their deadline", "none", [(f"increase(barograph_store_slow_reads_total{SELECTION}{RATE})", "{{instance}}")]),
    ("Memory", "bytes", [("process_resident_memory_bytes" + SELECTION, "{{instance}}")]),
    ("Processors in use", "none", [(rate("process_cpu_seconds_total"), "{{instance}}")]),
    ("Disk nearly full", "none", [("barograph_disk_low" + SELECTION, "{{instance}}")]),
    ("Running for", "s", [("time() - process_start_time_seconds" + SELECTION, "{{instance}}")]),
]  # fmt: skip

SOURCE = {"type": "prometheus", "uid": "${source}"}


def panel(number: int, title: str, unit: str, queries: list) -> dict:
    place = {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8}
    targets = [{"refId": chr(65 + i), "datasource": SOURCE, "expr": e, "legendFormat": legend} for i, (e, legend) in enumerate(queries)]
    config = {"defaults": {"unit": unit, "min": 0}, "overrides": []}
    return {"id": number + 1, "type": "timeseries", "title": title, "gridPos": place, "datasource": SOURCE, "fieldConfig": config, "targets": targets}


def variable(name: str, query: str, **more) -> dict:
    return {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, **more}


print(json.dumps({
    "title": "Barograph",
    "uid": "barograph",
    "tags": ["barograph"],
    "schemaVersion": 36,
    "refresh": "30s",
    "time": {"from": "now-6h", "to": "now"},
    "templating": {"list": [
        {"name": "source", "type": "datasource", "query": "prometheus"},
        variable("job", "label_values(barograph_store_works_total, job)"),
        variable("instance", 'label_values(barograph_store_works_total{job="$job"}, instance)', multi=True, includeAll=True, allValue=".*"),
    ]},
    "panels": [panel(number, *row) for number, row in enumerate(PANELS)],
}, indent=1))  # fmt: skip

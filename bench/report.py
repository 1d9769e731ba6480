"""Turns the samples of a run into a table for people and a file for machines."""

import json
import os
import platform
import statistics

import cases
from measure import DATA_SYSCALLS


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"kernel": platform.release(), "cpu": model, "cores": os.cpu_count()}


def summary(case, loads):
    """Median and spread of one case at one proxy, over the rounds."""
    values = [case.value(load) for load in loads]
    middle = statistics.median(values)

    def median_of(figure):
        return statistics.median(figure(load) for load in loads)

    return {
        "median": middle,
        "values": values,
        "rounds": [load["round"] for load in loads],
        "spread": (max(values) - min(values)) / middle,
        "per_second": median_of(lambda l: (l["bytes"] if case.bulk else l["responses"]) / l["seconds"]),
        "core_busy": median_of(lambda l: l["proxy_cpu_ns"] / l["seconds"] / 1e9),
        "waited": median_of(lambda l: l["proxy_waited_ns"] / l["seconds"] / 1e9),
        "generator_busy": median_of(lambda l: l["own_cpu_seconds"] / l["seconds"]),
    }


def best_variant(case, variants):
    """{"variant", ...summary} of the variant that serves its peer best."""
    best = None
    for variant, loads in variants.items():
        if loads:
            one = dict(summary(case, loads), variant=variant)
            if best is None or case.better(one["median"], best["median"]):
                best = one
    return best


def idle_summary(many):
    values = [one["bytes"] for one in many]
    return {"median": statistics.median(values), "values": values,
            "rounds": [one["round"] for one in many], "at_zero_bytes": many[0]["at_zero_bytes"]}


def ratio_of(ours, theirs):
    """{"median", "low", "high"} of the ratios within each round, low and high their quartiles.

    Two figures of one round were taken within seconds: what makes the machine slower for minutes hits
    both alike, and falls out here, not out of a ratio of medians.
    """
    other = dict(zip(theirs["rounds"], theirs["values"]))
    each = [value / other[number] for number, value in zip(ours["rounds"], ours["values"])
            if number in other]
    if not each:
        each = [ours["median"] / theirs["median"]]
    low, _, high = statistics.quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    return {"median": statistics.median(each), "low": low, "high": high}


def goal_lines(results):
    """Each goal as {what, measured, goal, met, low, high}; only those whose both sides were measured."""
    lines = []

    def add(what, measured, goal, met, ratio=None):
        lines.append({"what": what, "measured": measured, "goal": goal, "met": met, **(ratio or {})})

    def add_ratio(case, against, theirs, goal):
        ratio = ratio_of(results["cases"][case.name]["fairlead"], theirs)
        met = ratio["median"] >= goal if case.bulk else ratio["median"] <= goal
        add(f"{case.title}, against {against}", ratio["median"], f"{'>=' if case.bulk else '<='} {goal:.2f}",
            met, {"low": ratio["low"], "high": ratio["high"]})

    for case in cases.LOAD_CASES:
        row = results["cases"].get(case.name, {})
        if "fairlead" not in row:
            continue
        peers = {name: one for name, one in row.items() if name != "fairlead"}
        for against, goal in case.goals.items():
            itself = results["cases"].get(against, {}).get("fairlead")
            if against == "best" and peers:
                best = (max if case.bulk else min)(peers, key=lambda name: peers[name]["median"])
                add_ratio(case, f"{best}, the better peer", peers[best], goal)
            elif against in peers:
                add_ratio(case, against, peers[against], goal)
            elif itself:
                add_ratio(case, against, itself, goal)
    for case in cases.IDLE_CASES:
        idle = results["idle"].get(case.name, {}).get("fairlead")
        if idle:
            add(f"bytes of user memory for {case.title}", idle["median"], f"< {case.goal}",
                idle["median"] < case.goal)
    calls = results["syscalls"].get("keepalive-64", {}).get("fairlead")
    if calls:
        data = data_calls(calls)
        # Retries at an empty socket are data syscalls too; a tenth of one covers what is rare.
        add("data syscalls per request at 64 connections", data, f"<= {cases.DATA_SYSCALLS_GOAL}",
            data <= cases.DATA_SYSCALLS_GOAL + 0.1)
    return lines


def data_calls(calls):
    return sum(count for name, count in calls.items() if name in DATA_SYSCALLS)


def table(head, rows):
    text = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in text) for i in range(len(head))]

    def line(cells):
        first = cells[0].ljust(widths[0])
        return "| " + " | ".join([first] + [c.rjust(w) for c, w in zip(cells[1:], widths[1:])]) + " |"

    rule = "| " + "-" * widths[0] + " | " + " | ".join("-" * (w - 1) + ":" for w in widths[1:]) + " |"
    return "\n".join([line(text[0]), rule] + [line(row) for row in text[1:]])


def figure(one):
    return f"{one['median']:.2f} ±{one['spread'] * 50:.0f} %" if one else "-"


def ratio(ours, theirs):
    return f"{ratio_of(ours, theirs)['median']:.2f}" if ours and theirs else "-"


def cost_table(results, peers):
    others = [peer for peer in peers if peer != "fairlead"]
    ratios = others if "fairlead" in peers else []
    rows = []
    for case in cases.LOAD_CASES:
        row = results["cases"].get(case.name)
        if row:
            ours = row.get("fairlead")
            title = case.title + (" (GB per CPU second)" if case.bulk else "")
            rows.append([title] + [figure(row.get(peer)) for peer in peers]
                        + [ratio(ours, row.get(peer)) for peer in ratios])
    at_zero = {}
    for case in cases.IDLE_CASES:
        idle = results["idle"].get(case.name)
        if idle:
            at_zero = at_zero or {peer: one["at_zero_bytes"] for peer, one in idle.items()}
            rows.append([f"{case.title} (bytes of user memory)"]
                        + [f"{idle[p]['median']:.0f}" if p in idle else "-" for p in peers]
                        + [ratio(idle.get("fairlead"), idle.get(p)) for p in ratios])
    if at_zero:
        rows.append(["before any connection (KiB of user memory)"]
                    + [f"{at_zero[p] / 1024:.0f}" if p in at_zero else "-" for p in peers]
                    + ["" for _ in ratios])
    return table(["us of CPU per request"] + peers + [f"fairlead / {p}" for p in ratios], rows)


def rate_table(results, peers):
    rows = []
    for case in cases.LOAD_CASES:
        row = results["cases"].get(case.name)
        if not row:
            continue
        cells = []
        for peer in peers:
            one = row.get(peer)
            if one is None:
                cells.append("-")
                continue
            rate = (f"{one['per_second'] / 1e9:.2f} GB/s" if case.bulk
                    else f"{one['per_second']:,.0f}/s")
            variant = f" ({one['variant']})" if one["variant"] else ""
            cells.append(f"{rate}, {one['core_busy'] * 100:.0f} %{variant}")
        rows.append([case.title] + cells)
    return table(["rate, and how busy the proxy's core was"] + peers, rows) if rows else ""


def syscall_table(results, peers):
    rows = []
    for case in cases.LOAD_CASES:
        row = results["syscalls"].get(case.name)
        if row:
            rows.append([case.title] + [f"{data_calls(row[p]):.2f} of {sum(row[p].values()):.2f}"
                                        if p in row else "-" for p in peers])
    return table(["data syscalls, of all, per request"] + peers, rows) if rows else ""


def goal_table(results):
    rows = [[line["what"], f"{line['measured']:.2f}",
             f"{line['low']:.2f} to {line['high']:.2f}" if "low" in line else "", line["goal"],
             "yes" if line["met"] else "NO"] for line in results["goals"]]
    return table(["goal", "measured", "half of the rounds", "wanted", "met"], rows) if rows else ""


def syscall_details(results):
    lines = []
    for name, row in results["syscalls"].items():
        for peer, calls in row.items():
            listed = ", ".join(f"{call} {count:.2f}" for call, count in calls.items() if count >= 0.005)
            lines.append(f"- {name}, {peer}: {listed}")
    return "\n".join(lines)


def markdown(results):
    peers = results["peers"]
    facts = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    settings = results["settings"]
    parts = [
        f"# Benchmark of {results['date']}",
        f"{facts['cores']} cores, {facts['cpu']}, Linux {facts['kernel']}; {versions}.\n"
        f"{settings['rounds']} rounds of {settings['seconds']} s, interleaved; medians, with half the "
        "range between\nthe best and the worst round. Only ratios of one run mean something; each is the "
        "median of the\nratios within the rounds.",
        cost_table(results, peers), goal_table(results), rate_table(results, peers),
        syscall_table(results, peers), syscall_details(results),
        "How each was configured:\n"
        + "\n".join(f"- {name}: {text}" for name, text in results["configured"].items()),
    ]
    if results["noise"] > 0.05:
        parts.append(f"The proxies waited {results['noise'] * 100:.0f} % of the time for their core: "
                     "something else ran on this machine.")
    if results["failures"]:
        parts.append("Failed:\n" + "\n".join(f"- {line}" for line in results["failures"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def keep(results, folder, set_name):
    """Writes both files; the plain date is the name of a full run only."""
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, results["date"])
    with open(f"{base}-{set_name}.json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with open(f"{base}.md" if set_name == "all" else f"{base}-{set_name}.md", "w",
              encoding="utf-8") as file:
        file.write(markdown(results))

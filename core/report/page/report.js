/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that comes from the data goes into the page as text, never as markup. */
(function () {
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const axes = data.axes.map((axis, at) => ({ ...axis, at }));
const COLOURS = 8;

/* ---- small things ---- */

function el(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name === "style")
			node.style.cssText = value;
		else
			node.setAttribute(name, value);
	}
	for (const child of children.flat())
		if (child !== null && child !== undefined)
			node.append(child);
	return node;
}

const isNumber = (x) => typeof x === "number" && isFinite(x);
const percent = (x, digits = 2) => isNumber(x) ? (100 * x).toFixed(digits) : "\u2013";

function seconds(s) {
	if (!isNumber(s))
		return "\u2013";
	if (s === 0)
		return "0 s";
	if (s < 1)
		return (1000 * s).toPrecision(s < 0.01 ? 2 : 3).replace(/\.$/, "") + " ms";
	if (s < 60)
		return s.toFixed(s < 10 ? 2 : 1) + " s";
	const whole = Math.round(s), minutes = Math.floor(whole / 60);
	if (minutes < 60)
		return minutes + " min " + String(whole % 60).padStart(2, "0") + " s";
	return Math.floor(minutes / 60) + " h " + String(minutes % 60).padStart(2, "0") + " min";
}

function bytes(b) {
	if (!isNumber(b))
		return "\u2013";
	const units = ["B", "kB", "MB", "GB", "TB", "PB"];
	let k = 0;
	while (b >= 999.5 && k < units.length - 1) {
		b /= 1000;
		k++;
	}
	return (k ? b.toPrecision(3) : Math.round(b)) + " " + units[k];
}

const count = (n) => isNumber(n) ? Math.round(n).toLocaleString("en").replace(/,/g, "\u202f") : "\u2013";
const colour = (i) => getComputedStyle(document.documentElement).getPropertyValue("--c" + i % COLOURS).trim();
const themed = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const dash = (i) => i < COLOURS ? [] : i < 2 * COLOURS ? [7, 4] : [2, 3];
const plural = (n, word) => n + " " + word + (n === 1 ? "" : "s");

/* Lines have the colours "c", phases those of "p". */
function swatch(i, of = "c") {
	return el("span", { class: "swatch", style: `background: var(--${of}${i % COLOURS})` });
}

/* A line with its dashes, for legends. */
function stroke(i) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
	for (const [name, value] of Object.entries({ width: 26, height: 10 }))
		svg.setAttribute(name, value);
	for (const [name, value] of Object.entries({ x1: 0, x2: 26, y1: 5, y2: 5, "stroke-width": 3,
			"stroke-dasharray": dash(i).join(" ") }))
		line.setAttribute(name, value);
	line.style.stroke = `var(--c${i % COLOURS})`;
	svg.append(line);
	return svg;
}

/* ---- which axis makes panels, which make lines ---- */

const free = axes.filter((axis) => !axis.seeds && axis.labels.length > 1);
const lines = free.length ? data.groups.length : 1;
let panelAxis = free.find((axis) => axis.bases) || null;
if (!panelAxis && free.length > 1 && lines > COLOURS)
	panelAxis = free[0];
const lineAxes = free.filter((axis) => axis !== panelAxis);
const seedAxis = axes.find((axis) => axis.seeds);
const seeds = seedAxis ? seedAxis.labels.length : 1;

/* "amsgrad", "epochs 3": as the run's own title says it. */
function axisLabel(axis, index) {
	const label = axis.labels[index], key = axis.name.split(".").pop();
	const bare = axis.variants || /[a-z]/i.test(label[0] || "") && !/^(true|false)$/.test(label);
	return bare ? label : key + " " + label;
}

function lineLabel(group) {
	if (!lineAxes.length)
		return free.length ? "accuracy" : group.title;
	return lineAxes.map((axis) => axisLabel(axis, group.index[axis.at])).join(", ");
}

const panels = [];
const lineNames = [];
for (const group of data.groups) {
	const key = panelAxis ? group.index[panelAxis.at] : 0;
	let panel = panels.find((p) => p.key === key);
	if (!panel)
		panels.push(panel = { key, title: panelAxis ? axisLabel(panelAxis, key) : "", groups: [] });
	group.label = lineLabel(group);
	if (!lineNames.includes(group.label))
		lineNames.push(group.label);
	group.line = lineNames.indexOf(group.label);
	panel.groups.push(group);
}

/* ---- head ---- */

function head() {
	const left = data.runs_total - data.runs_done - data.runs_failed;
	const parts = [plural(data.runs_done, "run")];
	if (seeds > 1)
		parts.push(`${seeds} seeds each`);
	const protocols = [...new Set(data.runs.filter((r) => r.done).map((r) => r.protocol))];
	if (protocols.length)
		parts.push("protocol " + protocols.join(", ")
			+ (protocols.includes("clear") ? " (clear: same integers, no security)" : ""));
	page.append(el("h1", {}, data.name), el("p", { class: "note" }, parts.join(" \u00b7 ")));
	if (data.runs_failed)
		page.append(el("p", { class: "warning" }, plural(data.runs_failed, "run") + " failed; see \u201cEvery run\u201d."));
	if (left > 0)
		page.append(el("p", { class: "warning" }, `${plural(left, "run")} not done yet: figures are of those that are.`));
}

/* ---- learning curves ---- */

const charts = [];
const hidden = new Set();

/* What the curves are drawn against: a figure of group g after its epoch e (from 0). */
const against = {
	epoch: { label: "epoch", of: (g, e) => e + 1, show: (x) => "epoch " + x, tick: String },
	time: { label: "time since the start", of: (g, e) => g.seconds_at[e], show: seconds, tick: tickSeconds },
	bytes: { label: "bytes sent", of: (g, e) => g.bytes_at[e], show: bytes, tick: (b) => b ? bytes(b) : "0" },
};
let abscissa = "epoch";

function tickSeconds(s) {
	const short = (x) => String(Number(x.toPrecision(3)));
	return s === 0 ? "0" : s < 1 ? short(1000 * s) + " ms" : s < 120 ? short(s) + " s"
		: s < 7200 ? short(s / 60) + " min" : short(s / 3600) + " h";
}

function chooseAbscissa(box) {
	const known = ["epoch"];
	if (data.groups.some((g) => g.seconds_at.some(isNumber)))
		known.push("time");
	if (data.groups.some((g) => g.bytes_at.some((b) => b > 0)))
		known.push("bytes");
	if (known.length < 2)
		return;
	const buttons = known.map((name) => {
		const button = el("button", { type: "button", "aria-pressed": String(name === abscissa) },
			{ epoch: "epochs", time: "time", bytes: "bytes sent" }[name]);
		button.addEventListener("click", () => {
			abscissa = name;
			buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(known[i] === name)));
			drawCharts();
		});
		return button;
	});
	box.append(el("p", { class: "choice" }, "against ", buttons));
}

function toggleLine(line, button) {
	if (hidden.has(line))
		hidden.delete(line);
	else
		hidden.add(line);
	button.setAttribute("aria-pressed", String(!hidden.has(line)));
	drawCharts();
}

function legend() {
	return el("ul", { class: "legend", "aria-label": "Lines; press to hide or show" }, lineNames.map((name, line) => {
		const button = el("button", { type: "button", "aria-pressed": "true", title: "hide or show" }, stroke(line), name);
		button.addEventListener("click", () => toggleLine(line, button));
		return el("li", {}, button);
	}));
}

function spread(stat) {
	return stat.n > 1 ? ` (${percent(stat.min)}\u2013${percent(stat.max)})` : "";
}

/* The epoch that a curve has reached at x: with epochs this very one. -1: none. */
function lastUpTo(g, x) {
	let last = -1;
	g.epochs.forEach((stat, e) => {
		if (stat.n && (abscissa === "epoch" ? e + 1 === x : against[abscissa].of(g, e) <= x))
			last = e;
	});
	return last;
}

function tooltip(panel, host) {
	const tip = el("div", { class: "tip", hidden: "" });
	host.append(tip);
	return {
		hooks: {
			setCursor: (u) => {
				const at = u.cursor.idx;
				if (at === null || at === undefined || u.cursor.left < 0) {
					tip.hidden = true;
					return;
				}
				const x = u.data[0][at];
				const rows = panel.groups.filter((g) => !hidden.has(g.line))
					.map((g) => ({ g, e: lastUpTo(g, x) })).filter((row) => row.e >= 0)
					.sort((a, b) => b.g.epochs[b.e].mean - a.g.epochs[a.e].mean);
				tip.replaceChildren(el("div", {}, el("strong", {}, against[abscissa].show(x))),
					...rows.map(({ g, e }) => el("div", {}, swatch(g.line), g.label,
						abscissa === "epoch" ? "" : `, epoch ${e + 1}`,
						el("b", {}, percent(g.epochs[e].mean) + " %" + spread(g.epochs[e])))));
				tip.hidden = !rows.length;
				const left = u.over.offsetLeft + u.cursor.left, width = tip.offsetWidth;
				const room = host.clientWidth - left - 16;
				const beside = width < room ? left + 14 : left - width - 14;
				tip.style.left = Math.max(0, Math.min(beside, host.clientWidth - width)) + "px";
				const y = u.over.offsetTop + u.cursor.top + 14;
				tip.style.top = Math.max(0, Math.min(y, host.clientHeight - tip.offsetHeight)) + "px";
			},
		},
	};
}

/* A published figure that the whole panel is compared with, as a dashed line. */
function paperOf(panel) {
	const figures = [...new Set(panel.groups.map((g) => g.paper).filter(isNumber))];
	return figures.length === 1 && panel.groups.every((g) => isNumber(g.paper)) ? figures[0] : null;
}

function paperLine(paper) {
	return {
		hooks: {
			draw: (u) => {
				const y = u.valToPos(100 * paper, "y", true), ratio = devicePixelRatio || 1;
				if (y < u.bbox.top || y > u.bbox.top + u.bbox.height)
					return;
				u.ctx.save();
				u.ctx.strokeStyle = u.ctx.fillStyle = themed("faint");
				u.ctx.lineWidth = ratio;
				u.ctx.setLineDash([6 * ratio, 4 * ratio]);
				u.ctx.beginPath();
				u.ctx.moveTo(u.bbox.left, y);
				u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
				u.ctx.stroke();
				u.ctx.font = `${12 * ratio}px system-ui, sans-serif`;
				u.ctx.textAlign = "right";
				u.ctx.textBaseline = "bottom";
				u.ctx.fillText("paper " + percent(paper) + " %", u.bbox.left + u.bbox.width - 4 * ratio, y - 2 * ratio);
				u.ctx.restore();
			},
		},
	};
}

/* Other data have a range of their own; variants of one experiment are compared across charts. */
function range(panel, paper) {
	let low = Infinity, high = -Infinity;
	for (const g of panelAxis && panelAxis.bases ? panel.groups : data.groups)
		for (const e of hidden.has(g.line) ? [] : g.epochs)
			if (e.n) {
				low = Math.min(low, e.min);
				high = Math.max(high, e.max);
			}
	if (low > high)
		return [0, 100];
	if (paper !== null) {
		low = Math.min(low, paper);
		high = Math.max(high, paper);
	}
	const margin = Math.max(0.06 * (high - low), 0.002);
	return [Math.max(0, 100 * (low - margin)), Math.min(100.5, 100 * (high + margin))];
}

/* Lines that lie on each other show as one: secure runs and their twins in the clear do. */
function equalLines(panel) {
	const same = new Map();
	for (const g of panel.groups.filter((x) => x.epochs.some((e) => e.n))) {
		const key = JSON.stringify(g.epochs);
		same.set(key, (same.get(key) || []).concat(g.label));
	}
	const notes = [...same.values()].filter((labels) => labels.length > 1)
		.map((labels) => labels.slice(0, -1).join(", ") + " and " + labels[labels.length - 1]);
	return notes.length ? el("p", { class: "note" }, `Equal in every epoch, one line on the other: ${notes.join("; ")}.`) : null;
}

function drawChart(panel) {
	const host = panel.host, how = against[abscissa], epochs = Math.max(...panel.groups.map((g) => g.epochs.length));
	if (panel.plot)
		panel.plot.destroy();
	host.replaceChildren();
	const tables = [], bands = [], series = [{}];
	for (const g of panel.groups) {
		const show = !hidden.has(g.line), line = colour(g.line);
		const points = g.epochs.map((stat, e) => ({ x: how.of(g, e), ...stat })).filter((p) => p.n && isNumber(p.x));
		const column = (part) => points.map((p) => 100 * p[part]);
		const table = [points.map((p) => p.x)];
		if (points.some((p) => p.n > 1)) {
			table.push(column("max"), column("min"));
			const edge = { show, stroke: "transparent", width: 0, spanGaps: true, points: { show: false } };
			bands.push({ series: [series.length, series.length + 1], fill: line + "2e" });
			series.push(edge, { ...edge });
		}
		table.push(column("mean"));
		tables.push(table);
		series.push({ label: g.label, show, stroke: line, width: 2, dash: dash(g.line), spanGaps: true,
			points: { show: epochs <= 30, size: 6, fill: line, stroke: line } });
	}
	const columns = uPlot.join(tables);
	const grid = { stroke: themed("line"), width: 1 };
	const axis = { stroke: themed("faint"), grid, ticks: grid, font: "12px system-ui, sans-serif",
		labelFont: "13px system-ui, sans-serif" };
	const paper = paperOf(panel);
	const first = abscissa === "epoch" ? 1 : 0, last = Math.max(first, ...columns[0]);
	const pad = last > first ? 0.02 * (last - first) : 0.5;
	const xAxis = abscissa === "epoch" ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000] }
		: { values: (u, ticks) => ticks.map(how.tick) };
	panel.plot = new uPlot({
		width: host.clientWidth, height: host.clientHeight, legend: { show: false },
		cursor: { points: { show: false }, y: false, drag: { x: true, y: false, dist: 8 } },
		scales: { x: { time: false, range: (u, min, max) => min === null || min === columns[0][0] && max === last
				? [first - (abscissa === "epoch" ? pad : 0), last + pad] : [min, max] },
			y: { range: () => range(panel, paper) } },
		axes: [
			{ ...axis, label: how.label, size: 34, labelSize: 24, space: abscissa === "epoch" ? 40 : 70, ...xAxis },
			{ ...axis, label: "test accuracy, %", size: 56 },
		],
		series, bands,
		plugins: [tooltip(panel, host)].concat(paper === null ? [] : [paperLine(paper)]),
	}, columns, host);
}

function drawCharts() {
	charts.forEach(drawChart);
}

function curves() {
	page.append(el("h2", {}, "Learning curves"));
	const shown = panels.filter((p) => p.groups.some((g) => g.epochs.some((e) => e.n)));
	if (!shown.length) {
		page.append(el("p", { class: "note" }, "No run evaluated its test rows (train.evaluate)."));
		return;
	}
	page.append(el("p", { class: "note" }, "Accuracy on the test rows after each epoch"
		+ (seeds > 1 ? ": the mean over seeds, and the range from the worst to the best as a band. " : ". ")
		+ "Drag across a chart to look closer, double-click to go back."));
	chooseAbscissa(page);
	if (lineNames.length > 1)
		page.append(legend());
	const box = el("div", { class: "panels" });
	page.append(box);
	for (const panel of shown) {
		panel.host = el("div", { class: "chart" });
		box.append(el("section", { class: "panel" }, panel.title ? el("h3", {}, panel.title) : null, panel.host,
			equalLines(panel)));
		charts.push(panel);
	}
	drawCharts();
	let pending = 0;
	new ResizeObserver(() => {
		cancelAnimationFrame(pending);
		pending = requestAnimationFrame(() => charts.forEach((p) =>
			p.plot.setSize({ width: p.host.clientWidth, height: p.host.clientHeight })));
	}).observe(box);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
}

/* ---- tables ---- */

function table(columns, rows) {
	const cell = (tag, column, content, row) =>
		el(tag, { class: [column.text ? "text" : "", column.wrap ? "wrap" : ""].join(" ").trim() }, content);
	return el("div", { class: "scroll" }, el("table", {},
		el("thead", {}, el("tr", {}, columns.map((c) => cell("th", c, c.head)))),
		el("tbody", {}, rows.map((row, i) => el("tr", { class: i && row.newPanel ? "first" : "" },
			columns.map((c) => cell("td", c, c.of(row), row)))))));
}

function titleColumns() {
	const columns = [];
	if (panelAxis)
		columns.push({ head: panelAxis.name, text: true,
			of: (g) => g.newPanel ? axisLabel(panelAxis, g.index[panelAxis.at]) : "" });
	if (lineAxes.length)
		columns.push({ head: lineAxes.map((a) => a.name).join(", "), text: true,
			of: (g) => [swatch(g.line), g.label] });
	if (!columns.length)
		columns.push({ head: "experiment", text: true, of: () => data.name });
	return columns;
}

const inOrder = panels.flatMap((panel) => panel.groups.map((group, i) => Object.assign(group, { newPanel: i === 0 })));

function results() {
	const columns = titleColumns(), any = (test) => data.groups.some(test);
	if (seeds > 1)
		columns.push({ head: "runs", of: (g) => g.done === g.runs ? g.done : `${g.done} of ${g.runs}` });
	columns.push({ head: "accuracy, %", of: (g) => percent(g.accuracy.mean)
		+ (isNumber(g.accuracy.sd) ? " \u00b1 " + percent(g.accuracy.sd) : "") });
	if (any((g) => g.accuracy.n > 1))
		columns.push({ head: "min \u2013 max", of: (g) => g.accuracy.n
			? `${percent(g.accuracy.min)} \u2013 ${percent(g.accuracy.max)}` : "\u2013" });
	if (any((g) => isNumber(g.paper)))
		columns.push({ head: "paper, %", of: (g) => percent(g.paper) });
	columns.push({ head: "time", of: (g) => seconds(g.seconds.mean) });
	if (any((g) => g.bytes.mean > 0))
		columns.push({ head: "sent", of: (g) => bytes(g.bytes.mean) }, { head: "rounds", of: (g) => count(g.rounds.mean) });
	columns.push({ head: "memory", of: (g) => bytes(g.memory.max) });
	page.append(el("h2", {}, "Results"), el("p", { class: "note" },
		"Accuracy after the last epoch" + (seeds > 1 ? ", mean \u00b1 standard deviation over seeds" : "")
		+ ". Time and traffic are of a whole run, evaluations included, both parties together; memory is the larger party's peak."),
		table(columns, inOrder));
	byEpoch();
}

/* All up to 12; else 1, 2, 3, 5, 10, 20, 30, 50, .. and the last. */
function chooseEpochs(n) {
	const all = Array.from({ length: n }, (_, e) => e + 1);
	return n <= 12 ? all : all.filter((e) => e === n || [1, 2, 3, 5].includes(e / 10 ** Math.floor(Math.log10(e))));
}

function byEpoch() {
	const epochs = Math.max(0, ...data.groups.map((g) => g.epochs.length));
	if (epochs < 2)
		return;
	const columns = titleColumns(), chosen = chooseEpochs(epochs);
	for (const e of chosen)
		columns.push({ head: e, of: (g) => g.epochs[e - 1] ? percent(g.epochs[e - 1].mean) : "" });
	page.append(el("details", { open: "" }, el("summary", {}, "Accuracy by epoch, %" + (seeds > 1 ? " (means)" : "")),
		table(columns, inOrder), chosen.length < epochs
			? el("p", { class: "note" }, "curves.csv has every epoch.") : null));
}

function everyRun() {
	const any = (test) => data.runs.some(test);
	const columns = [{ head: "run", text: true, of: (r) => r.title },
		{ head: "accuracy, %", of: (r) => percent(r.accuracy) },
		{ head: "steps", of: (r) => r.done ? count(r.steps) : "" },
		{ head: "time", of: (r) => r.done ? seconds(r.seconds) : "" }];
	if (any((r) => r.bytes > 0))
		columns.push({ head: "sent", of: (r) => r.done ? bytes(r.bytes) : "" },
			{ head: "rounds", of: (r) => r.done ? count(r.rounds) : "" });
	if (any((r) => r.weights))
		columns.push({ head: "weights", text: true,
			of: (r) => r.weights ? el("code", { title: r.weights }, r.weights.slice(0, 12)) : "" });
	columns.push({ head: "folder", text: true, wrap: any((r) => r.failure),
		of: (r) => r.failure ? "failed: " + r.failure : r.done ? el("code", {}, r.folder) : "not done yet" });
	page.append(el("details", data.runs_failed ? { open: "" } : {},
		el("summary", {}, `Every run (${data.runs.length})`), table(columns, data.runs)));
}

/* ---- where time and bytes went ---- */

function bars(groups, part, format) {
	const names = [...new Set(groups.flatMap((g) => g.phases.map((p) => p.name)))];
	const total = (g) => g.phases.reduce((sum, p) => sum + p[part], 0);
	const longest = Math.max(...groups.map(total));
	return el("div", { class: "bars" }, groups.flatMap((g) => [
		el("span", { class: "label" }, g.label),
		el("span", { class: "bar" }, g.phases.filter((p) => p[part] > 0).map((p) =>
			el("span", { style: `flex: 0 0 ${100 * p[part] / longest}%; background: var(--p${names.indexOf(p.name) % COLOURS})`,
				title: `${p.name}: ${format(p[part])} (${(100 * p[part] / total(g)).toFixed(1)} %)` }))),
		el("span", { class: "total" }, format(total(g))),
	]));
}

function phaseKey(groups) {
	const names = [...new Set(groups.flatMap((g) => g.phases.map((p) => p.name)))];
	const used = (name) => groups.some((g) => g.phases.some((p) => p.name === name && (p.seconds > 0 || p.bytes > 0)));
	return el("p", {}, names.map((name, i) => used(name)
		? el("span", { class: "key", style: "margin-right: 14px" }, swatch(i, "p"), name) : null));
}

function costs() {
	const groups = data.groups.filter((g) => g.done && g.phases.length);
	if (!groups.length)
		return;
	const traffic = groups.some((g) => g.bytes.mean > 0);
	page.append(el("h2", {}, traffic ? "Where time and bytes went" : "Where the time went"),
		el("p", { class: "note" }, "By phase of a run" + (seeds > 1 ? ", means over seeds" : "")
			+ ". Evaluation predicts the test rows." + (traffic ? "" : " In the clear nothing is sent.")),
		phaseKey(groups));
	const box = el("div", { class: "costs" });
	page.append(box);
	for (const panel of panels) {
		const own = panel.groups.filter((g) => g.done && g.phases.length);
		if (!own.length)
			continue;
		const title = panel.title ? panel.title + ", " : "";
		box.append(el("section", { class: "panel" }, el("h3", {}, title + "time"), bars(own, "seconds", seconds)));
		if (traffic)
			box.append(el("section", { class: "panel" }, el("h3", {}, title + "bytes sent"), bars(own, "bytes", bytes)));
	}
}

/* ---- manifest ---- */

function facts(pairs) {
	return el("dl", {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
		.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function manifest() {
	page.append(el("h2", {}, "How it was made"));
	if (data.manifests.length > 1)
		page.append(el("p", { class: "warning" }, "The runs were made by different builds or on different machines."));
	const used = [...new Set(data.runs.filter((r) => r.done).map((r) => r.seed))];
	for (const { runs, manifest: m } of data.manifests)
		page.append(facts([
			["runs", data.manifests.length > 1 ? String(runs) : null],
			["version", m.version], ["commit", m.commit], ["compiler", m.compiler], ["flags", m.flags],
			["CPU", m.cpu], ["kernels", m.kernels], ["threads", m.threads && m.threads + " per party"], ["system", m.system],
			["finished", data.runs_done > 1 ? null : m.finished],
			["seeds", used.join(", ")],
		]));
	if (data.plugins.length)
		page.append(el("details", {}, el("summary", {}, `Plugins (${data.plugins.length} files)`), table([
			{ head: "file", text: true, of: (p) => p.file },
			{ head: "SHA-256", text: true, of: (p) => el("code", {}, p.sha256) }], data.plugins)));
	if (data.source)
		page.append(el("details", {}, el("summary", {}, "Experiment file"), el("pre", {}, data.source)));
}

head();
curves();
results();
costs();
page.append(el("h2", {}, "Runs"));
everyRun();
manifest();
})();

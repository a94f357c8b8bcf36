// Sets mathematics. KaTeX is loaded when the first formula appears.

import type katexModule from "katex";

type Katex = typeof katexModule;

/** Formulas set already: a growing paragraph is drawn again with every token. */
const set = new Map<string, HTMLElement>();
const MAX_KEPT = 300;

let katex: Katex | null = null;
let loading: Promise<Katex> | null = null;

/** Set the formula written in an element, now if possible, else as soon as KaTeX is there. */
export function setFormula(element: HTMLElement): void {
	if (katex) return draw(katex, element);
	void formulasReady().then((ready) => draw(ready, element));
}

/** Resolves when formulas can be set. */
export function formulasReady(): Promise<Katex> {
	loading ??= Promise.all([import("katex"), import("katex/dist/katex.min.css")]).then(
		([module]) => {
			katex = module.default;
			return katex;
		},
	);
	return loading;
}

function draw(katex: Katex, element: HTMLElement): void {
	const tex = element.textContent ?? "";
	const display = element.classList.contains("display");
	const key = `${display}${tex}`;
	let drawn = set.get(key);
	if (!drawn) {
		drawn = drawNew(katex, tex, display);
		if (set.size >= MAX_KEPT) set.clear();
		set.set(key, drawn);
	}
	element.replaceChildren(drawn.cloneNode(true));
}

/** Builds nodes, not text, so that styles need no permission and nothing is parsed as HTML. */
function drawNew(katex: Katex, tex: string, displayMode: boolean): HTMLElement {
	const element = document.createElement("span");
	try {
		katex.render(tex, element, {
			displayMode,
			trust: false,
			strict: "ignore",
			throwOnError: true,
			maxSize: 20,
			maxExpand: 300,
		});
	} catch {
		element.className = "unset";
		element.textContent = tex;
	}
	return element;
}

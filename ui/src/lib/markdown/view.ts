// Shows one message. Finished blocks enter the page once; only the open end is drawn again.

import { setFormula } from "./formula";
import { showHidden } from "./hidden";
import { highlight } from "./highlight";
import { sanitise } from "./sanitise";
import { Splitter, type Open } from "./splitter";

/** How much of a very long message is shown at a time. */
export const SHOWN_AT_ONCE = 100_000;

/** The Markdown of one message inside `root`, which it owns. */
export class MarkdownView {
	readonly #root: HTMLElement;
	readonly #open = block();
	/** The words of the open block, where it has nothing else in it. */
	#words: Text | null = null;
	#splitter = new Splitter();
	#text = "";
	#taken = 0;
	#ended = false;
	#limit = SHOWN_AT_ONCE;

	constructor(root: HTMLElement) {
		this.#root = root;
		root.replaceChildren(this.#open);
	}

	/** How many characters are not shown yet. */
	get hidden(): number {
		return Math.max(0, this.#text.length - this.#limit);
	}

	/** Show a text; while it only grows, what is there already stays untouched. */
	update(text: string, done: boolean): void {
		const grows = text.length >= this.#text.length && (!done || text.startsWith(this.#text));
		if (!grows || (this.#ended && text !== this.#text)) this.#reset();
		this.#text = text;
		this.#advance(done);
	}

	/** Show the next part of a very long message. */
	showMore(): void {
		this.#limit += SHOWN_AT_ONCE;
		this.#reset();
		this.#advance(true);
	}

	#advance(done: boolean): void {
		if (this.#ended) return;
		const until = Math.min(this.#text.length, this.#limit);
		const more = showHidden(this.#text.slice(this.#taken, until));
		this.#taken = until;
		this.#ended = done;
		if (!more && !done) return;
		for (const step of this.#splitter.push(more, done)) {
			for (const html of step.finished) this.#open.before(finishedBlock(html));
			this.#drawOpen(step.open);
		}
		if (done) this.#open.remove();
	}

	#drawOpen(open: Open): void {
		if (open.kind === "html") {
			this.#open.replaceChildren(enhanced(open.html));
		} else if (open.kind === "code") {
			this.#open.querySelector("pre code")?.append(open.more);
		} else {
			this.#drawWords(open.words);
		}
	}

	/** Words that are there stay, so only the lines that change are laid out and drawn. */
	#drawWords(words: string): void {
		const there = this.#words;
		if (there && this.#open.contains(there) && words.startsWith(there.data)) {
			there.appendData(words.slice(there.length));
			return;
		}
		this.#words = document.createTextNode(words);
		const paragraph = document.createElement("p");
		paragraph.append(this.#words);
		this.#open.replaceChildren(paragraph);
	}

	#reset(): void {
		this.#splitter = new Splitter();
		this.#taken = 0;
		this.#ended = false;
		this.#root.replaceChildren(this.#open);
		this.#open.replaceChildren();
	}
}

function block(): HTMLElement {
	const element = document.createElement("div");
	element.className = "block";
	return element;
}

function finishedBlock(html: string): HTMLElement {
	const element = block();
	element.append(enhanced(html));
	for (const pre of element.querySelectorAll<HTMLElement>("pre.code")) {
		const code = pre.querySelector("code");
		if (code) highlight(code, pre.dataset.language ?? "");
	}
	return element;
}

/** Safe nodes of a block, with formulas set and a bar above each piece of code. */
function enhanced(html: string): DocumentFragment {
	const nodes = sanitise(html);
	for (const formula of nodes.querySelectorAll<HTMLElement>(".math")) setFormula(formula);
	for (const pre of nodes.querySelectorAll<HTMLElement>("pre.code")) addCodeBar(pre);
	return nodes;
}

function addCodeBar(pre: HTMLElement): void {
	const figure = document.createElement("div");
	figure.className = "figure";
	const bar = document.createElement("div");
	bar.className = "bar";
	const label = document.createElement("span");
	label.textContent = pre.dataset.language || "text";
	const copy = document.createElement("button");
	copy.type = "button";
	copy.className = "copy-code";
	copy.textContent = "Copy";
	copy.setAttribute("aria-label", "Copy code");
	bar.append(label, copy);
	pre.tabIndex = 0;
	pre.replaceWith(figure);
	figure.append(bar, pre);
}

// Cuts a growing message into blocks that are finished, rendered once and never touched again, and one
// open block at its end.

import type { Env } from "markdown-it";

import { mend } from "./mend";
import { parseBlocks, renderBlock } from "./parser";

/** Text is taken in pieces of this size, so that no single step takes long, whatever is in it. */
const PIECE = 16_000;
/** An open block longer than this is cut at a line. */
const MAX_OPEN = 32_000;

/**
 * What the end of the text looks like at the moment: HTML, more text for the code being written, or the
 * words of a paragraph that has nothing else in it.
 */
export type Open =
	| { kind: "html"; html: string }
	| { kind: "code"; more: string }
	| { kind: "words"; words: string };

/** What one step produced: the HTML of newly finished blocks, in order, and the open end. */
export type Step = { finished: string[]; open: Open };

/** A code block that is being written: how it ends, and how much of the tail was looked at and shown. */
type Fence = { close: RegExp; scanned: number; shown: number };

/** Takes a message piece by piece. */
export class Splitter {
	#tail = "";
	#env: Env = {};
	#fence: Fence | null = null;

	/** Add text; `last` when no more will come. */
	*push(text: string, last: boolean): Generator<Step> {
		for (let at = 0; at < text.length; at += PIECE) {
			this.#tail += text.slice(at, at + PIECE);
			yield this.#step();
		}
		if (last) {
			this.#fence = null;
			yield { finished: this.#settle(this.#tail.length), open: { kind: "html", html: "" } };
		}
	}

	#step(): Step {
		if (this.#fence) {
			if (!hasEnded(this.#fence, this.#tail))
				return { finished: [], open: this.#moreCode(this.#fence) };
			this.#fence = null;
		}
		// Most of what is streamed, and most of it again with every piece: it needs no parser.
		if (this.#tail.length <= MAX_OPEN && isWords(this.#tail)) {
			return { finished: [], open: { kind: "words", words: withoutLastSpaces(this.#tail) } };
		}
		const finished = this.#settle(this.#finishedLength());
		if (this.#tail.length > MAX_OPEN) finished.push(...this.#settle(lastBreak(this.#tail)));
		this.#fence = openFence(this.#tail);
		return { finished, open: { kind: "html", html: this.#openHtml() } };
	}

	/** How much of the tail no later text can change. */
	#finishedLength(): number {
		const last = parseBlocks(this.#tail, this.#scratchEnv()).at(-1);
		// A new block counts once its first line is whole: until then it may still join the one before.
		return last && this.#tail.indexOf("\n", last.start) >= 0 ? last.start : 0;
	}

	/** Render the first `length` characters of the tail for good. */
	#settle(length: number): string[] {
		if (length === 0) return [];
		const source = this.#tail.slice(0, length);
		this.#tail = this.#tail.slice(length);
		return render(source, this.#env);
	}

	#openHtml(): string {
		const source = this.#fence ? this.#tail.slice(0, this.#fence.shown) : mend(this.#tail);
		return render(source, this.#scratchEnv()).join("");
	}

	/** Link definitions in the open end may be half written, so they must not stay. */
	#scratchEnv(): Env {
		return { ...this.#env, references: { ...this.#env.references } };
	}

	#moreCode(fence: Fence): Open {
		const line = this.#tail.lastIndexOf("\n") + 1;
		const until = /^ {0,3}[`~]*\s*$/.test(this.#tail.slice(line)) ? line : this.#tail.length;
		const more = this.#tail.slice(fence.shown, until);
		fence.shown = Math.max(fence.shown, until);
		return { kind: "code", more };
	}
}

/**
 * Whether a text is one paragraph, of words alone: it begins with a letter, has one line, and no
 * character that begins or ends anything in Markdown, in mathematics, or in an address.
 */
function isWords(text: string): boolean {
	// eslint-disable-next-line no-control-regex -- the parser replaces some of them
	return /^["'“‘„«]?\p{L}[^\u0000-\u001f\u007f\\`*_~[\]<>&|$@/]*$/u.test(text);
}

/** As the parser ends a paragraph: other white space than spaces stays. */
function withoutLastSpaces(text: string): string {
	let end = text.length;
	while (text[end - 1] === " ") end -= 1;
	return text.slice(0, end);
}

/** The HTML of each block of a text. */
function render(source: string, env: Env): string[] {
	const blocks = parseBlocks(source, env);
	return blocks.map((block, i) =>
		renderBlock(block, source.slice(block.start, blocks[i + 1]?.start), env),
	);
}

/** The code block that a text consists of, if its first line is whole and it has not ended. */
function openFence(tail: string): Fence | null {
	const open = /^(`{3,}(?=[^`\n]*\n)|~{3,}(?=[^\n]*\n))/.exec(tail)?.[1];
	if (!open) return null;
	const close = new RegExp(`^ {0,3}${open[0]}{${open.length},}[ \\t]*$`, "m");
	const fence: Fence = {
		close,
		scanned: tail.indexOf("\n") + 1,
		shown: tail.lastIndexOf("\n") + 1,
	};
	return hasEnded(fence, tail) ? null : fence;
}

/** Look at the whole lines that came since the last look. */
function hasEnded(fence: Fence, tail: string): boolean {
	const until = tail.lastIndexOf("\n") + 1;
	const ended = fence.close.test(tail.slice(fence.scanned, until));
	fence.scanned = Math.max(fence.scanned, until);
	return ended;
}

function lastBreak(text: string): number {
	const line = text.lastIndexOf("\n");
	if (line > 0) return line + 1;
	const space = text.lastIndexOf(" ");
	return space > 0 ? space + 1 : text.length;
}

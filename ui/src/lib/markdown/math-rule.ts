// Finds mathematics in Markdown: $…$, $$…$$, \(…\) and \[…\]. Amounts such as "$5 and $6" stay text.

import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";

/** Longer formulas stay text: setting them could take seconds. */
const MAX_TEX = 4000;

/** Add the inline and block rules for mathematics. */
export function mathRule(md: MarkdownIt): void {
	md.inline.ruler.before("escape", "math_inline", inlineMath);
	md.block.ruler.before("fence", "math_block", blockMath, {
		alt: ["paragraph", "blockquote", "list"],
	});
	md.renderer.rules.math_inline = (tokens, index) => formula(md, tokens[index], false);
	md.renderer.rules.math_block = (tokens, index) => formula(md, tokens[index], true);
}

type Rendered = { content: string; meta?: { display?: boolean } | null };

function formula(md: MarkdownIt, token: Rendered | undefined, block: boolean): string {
	const tex = md.utils.escapeHtml(token?.content ?? "");
	const display = block || token?.meta?.display === true;
	return `<span class="${display ? "math display" : "math"}">${tex}</span>${block ? "\n" : ""}`;
}

type Delimiters = { open: string; close: string; display: boolean };

function delimitersAt(text: string, at: number): Delimiters | null {
	if (text.startsWith("$$", at)) return { open: "$$", close: "$$", display: true };
	if (text.startsWith("$", at)) return { open: "$", close: "$", display: false };
	if (text.startsWith("\\(", at)) return { open: "\\(", close: "\\)", display: false };
	if (text.startsWith("\\[", at)) return { open: "\\[", close: "\\]", display: true };
	return null;
}

function inlineMath(state: StateInline, silent: boolean): boolean {
	const kind = delimitersAt(state.src, state.pos);
	if (!kind) return false;
	const from = state.pos + kind.open.length;
	const to = state.src.slice(from, from + MAX_TEX).indexOf(kind.close) + from;
	if (to <= from) return false;
	const tex = state.src.slice(from, to);
	if (kind.open === "$" && !isInlineDollars(state.src, state.pos, to)) return false;
	if (!tex.trim()) return false;
	if (!silent) {
		const token = state.push("math_inline", "span", 0);
		token.content = tex.trim();
		token.meta = { display: kind.display };
	}
	state.pos = to + kind.close.length;
	return true;
}

/** Single dollars are formulas only when they hug their content and do not touch words or digits. */
function isInlineDollars(text: string, open: number, close: number): boolean {
	const before = text[open - 1] ?? " ";
	const after = text[close + 1] ?? " ";
	const hugs = !/\s/.test(text[open + 1] ?? " ") && !/\s/.test(text[close - 1] ?? " ");
	return hugs && !/[\p{L}\d$\\]/u.test(before) && !/[\p{L}\d$]/u.test(after);
}

function blockMath(state: StateBlock, start: number, end: number, silent: boolean): boolean {
	const first = lineOf(state, start).trim();
	const close = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : null;
	if (!close || (state.sCount[start] ?? 0) - state.blkIndent >= 4) return false;
	const lines: string[] = [];
	for (let line = start; line < end; line++) {
		const text = line === start ? first.slice(2) : lineOf(state, line);
		const at = text.indexOf(close);
		if (at >= 0) {
			if (text.slice(at + close.length).trim()) return false;
			return finish(state, start, line, [...lines, text.slice(0, at)], silent);
		}
		lines.push(text);
	}
	return false;
}

function finish(
	state: StateBlock,
	start: number,
	last: number,
	lines: string[],
	silent: boolean,
): boolean {
	const tex = lines.join("\n").trim();
	if (!tex || tex.length > MAX_TEX) return false;
	if (silent) return true;
	const token = state.push("math_block", "span", 0);
	token.block = true;
	token.content = tex;
	token.map = [start, last + 1];
	state.line = last + 1;
	return true;
}

function lineOf(state: StateBlock, line: number): string {
	return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
}

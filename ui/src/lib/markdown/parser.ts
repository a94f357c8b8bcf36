// Markdown to HTML text: which constructs exist and what they become. Raw HTML is never one of them.

import Markdown, { type Env, type MarkdownIt, type StateCore, type Token } from "markdown-it";

import { isAllowedLink } from "./links";
import { mathRule } from "./math-rule";

/** Deeper lists and quotations are shown as plain text: the parser would drop what is inside. */
const MAX_NESTING = 40;

/** One top-level piece of a message: its tokens and where its source starts. */
export type Block = { tokens: Token[]; start: number };

const md: MarkdownIt = new Markdown({ html: false, linkify: true, maxNesting: MAX_NESTING });
// Only full addresses become links; "readme.md" and "node.js" are words.
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
md.validateLink = isAllowedLink;
mathRule(md);
md.core.ruler.after("inline", "task_list", markTasks);
addRenderRules(md);

/** Cut Markdown into its top-level blocks. `env` carries link definitions from one call to the next. */
export function parseBlocks(source: string, env: Env): Block[] {
	const tokens = md.parse(source, env);
	const starts = lineStarts(source);
	const blocks: Block[] = [];
	for (const token of tokens) {
		const opens = token.level === 0 && token.nesting >= 0;
		if (opens) blocks.push({ tokens: [], start: starts[token.map?.[0] ?? 0] ?? 0 });
		blocks.at(-1)?.tokens.push(token);
	}
	return blocks;
}

/** The HTML of one block; `source` stands in when the block is nested too deeply to show. */
export function renderBlock(block: Block, source: string, env: Env): string {
	if (block.tokens.some(isTooDeep))
		return `<pre class="plain">${md.utils.escapeHtml(source)}</pre>`;
	return md.renderer.render(block.tokens, md.options, env);
}

function isTooDeep(token: Token): boolean {
	const emphasis = token.children?.some((child) => child.level >= MAX_NESTING) ?? false;
	return emphasis || token.level >= MAX_NESTING - 1;
}

function lineStarts(source: string): number[] {
	const starts = [0];
	for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) {
		starts.push(at + 1);
	}
	return starts;
}

/** Turn "[ ]" and "[x]" at the start of a list item into a mark that a screen reader can name. */
function markTasks(state: StateCore): void {
	for (const [i, inline] of state.tokens.entries()) {
		const item = state.tokens[i - 2];
		const first = inline.children?.[0];
		if (item?.type !== "list_item_open" || first?.type !== "text") continue;
		const found = /^\[([ xX])\]\s/.exec(first.content);
		if (!found) continue;
		first.content = first.content.slice(found[0].length);
		const mark = new state.Token("task", "span", 0);
		mark.meta = { done: found[1] !== " " };
		inline.children?.unshift(mark);
		item.attrSet("class", "task-item");
	}
}

function addRenderRules({ renderer, utils }: MarkdownIt): void {
	const { rules } = renderer;
	const escape = utils.escapeHtml;
	rules.task = (tokens, i) => {
		const done = (tokens[i]?.meta as { done: boolean } | undefined)?.done ?? false;
		return `<span class="task" role="img" aria-label="${done ? "Done" : "To do"}">${done ? "☑" : "☐"}</span> `;
	};
	rules.link_open = (tokens, i) => {
		const href = escape(attribute(tokens[i], "href"));
		return `<a role="link" tabindex="0" data-href="${href}">`;
	};
	rules.image = (tokens, i) => {
		return imageChip(attribute(tokens[i], "src"), tokens[i]?.content ?? "", escape);
	};
	// The conversation's title is the only first-level heading on the screen.
	rules.heading_open = (tokens, i) => `<${headingTag(tokens[i])}>`;
	rules.heading_close = (tokens, i) => `</${headingTag(tokens[i])}>\n`;
	rules.table_open = () =>
		`<div class="table" role="region" tabindex="0" aria-label="Table"><table>\n`;
	rules.table_close = () => "</table></div>\n";
	rules.th_open = (tokens, i) => cellOpen(tokens[i], "th");
	rules.td_open = (tokens, i) => cellOpen(tokens[i], "td");
	rules.fence = (tokens, i) => {
		const language = /^[\w+#.-]{1,24}/.exec(tokens[i]?.info.trim() ?? "")?.[0] ?? "";
		return `<pre class="code" data-language="${escape(language)}"><code>${escape(tokens[i]?.content ?? "")}</code></pre>\n`;
	};
	rules.code_block = (tokens, i) =>
		`<pre class="code" data-language=""><code>${escape(tokens[i]?.content ?? "")}</code></pre>\n`;
}

/** An image is never fetched: it becomes a link that says where it would come from. */
function imageChip(src: string, alt: string, escape: (text: string) => string): string {
	const host = URL.canParse(src) ? new URL(src).host : "";
	const text = `Image${alt ? `: ${alt}` : ""} (not loaded, at ${host})`;
	return `<a role="link" tabindex="0" class="image" data-href="${escape(src)}">${escape(text)}</a>`;
}

function attribute(token: Token | undefined, name: string): string {
	return String(token?.attrGet(name) ?? "");
}

function headingTag(token: Token | undefined): string {
	return `h${Math.min(Number(token?.tag.slice(1) ?? 1) + 2, 6)}`;
}

function cellOpen(token: Token | undefined, tag: string): string {
	const align = /text-align:(left|center|right)/.exec(attribute(token, "style"))?.[1];
	return align ? `<${tag} class="${align}">` : `<${tag}>`;
}

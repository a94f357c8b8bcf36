import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { formulasReady } from "./formula";
import { highlighted } from "./highlight";
import Markdown from "./Markdown.svelte";
import { mend } from "./mend";
import { MarkdownView, SHOWN_AT_ONCE } from "./view";

function shown(text: string): HTMLElement {
	const root = document.createElement("div");
	new MarkdownView(root).update(text, true);
	return root;
}

/** The text streamed in pieces of `size` characters. */
function streamed(text: string, size: number): { root: HTMLElement; view: MarkdownView } {
	const root = document.createElement("div");
	const view = new MarkdownView(root);
	for (let at = size; at < text.length; at += size) view.update(text.slice(0, at), false);
	view.update(text, true);
	return { root, view };
}

const SAMPLE = `# Title

[ref]: https://example.org/a

Some **bold**, *slanted*, ~~gone~~ and \`code\`.

- one
  - two

    more of two
- three

1. first
2. second

| a | b |
|---|--:|
| 1 | 2 |

\`\`\`python
def f(x):
    return x

# more
\`\`\`

> quoted
> text

Setext
------

[link][ref] and $x^2$.

$$
\\sum_i x_i
$$

- [ ] open
- [x] closed
`;

describe("what Markdown becomes", () => {
	it("shows tables, nested lists, tasks and headings below the page's own", () => {
		const root = shown(SAMPLE);
		expect(root.querySelector("h3")?.textContent).toBe("Title");
		expect(root.querySelector("ul ul li")?.textContent).toContain("more of two");
		expect(root.querySelector("td.right")?.textContent).toBe("2");
		expect(root.querySelectorAll(".task[aria-label=Done]")).toHaveLength(1);
		expect(root.querySelectorAll(".task[aria-label='To do']")).toHaveLength(1);
		expect(root.querySelector("h1, h2")).toBeNull();
	});

	it("names the language of code and offers to copy it", () => {
		const root = shown("```rust\nfn main() {}\n```");
		expect(root.querySelector(".bar span")?.textContent).toBe("rust");
		expect(root.querySelector("button")?.getAttribute("aria-label")).toBe("Copy code");
	});

	it("says so where the clipboard does not take code", async () => {
		const user = userEvent.setup();
		render(Markdown, { text: "```js\nlet x = 1;\n```", onlink: () => undefined });
		const refused = new DOMException("Write permission denied.", "NotAllowedError");
		const writes = vi.spyOn(navigator.clipboard, "writeText").mockRejectedValueOnce(refused);
		const copy = screen.getByRole("button", { name: "Copy code" });
		await user.click(copy);
		await waitFor(() => expect(toasts.list.at(-1)?.text).toContain("Write permission denied."));
		expect(copy.textContent, "nothing was copied").toBe("Copy");
		for (const { id } of toasts.list) dismissToast(id);
		writes.mockRestore();
		await user.click(copy);
		await waitFor(() => expect(copy.textContent).toBe("Copied"));
		expect(await navigator.clipboard.readText()).toBe("let x = 1;\n");
	});

	it("colours code without changing its text", async () => {
		const code = 'let x = "<b>&amp;";\n';
		const root = shown(`\`\`\`js\n${code}\`\`\``);
		await highlighted();
		expect(root.querySelector(".hljs-string")).not.toBeNull();
		expect(root.querySelector("code")?.textContent).toBe(code);
	});

	it("sets formulas and leaves amounts of money alone", async () => {
		await formulasReady();
		for (const text of [
			"$x^2$",
			"a $\\frac12$ b",
			"\\(y\\)",
			"$$z$$",
			"\\[\na\n\\]",
			"$$\nq\n$$",
		]) {
			expect(shown(text).querySelectorAll(".katex"), text).toHaveLength(1);
		}
		for (const text of [
			"$5 and $6",
			"It costs $5, not $10.",
			"US$5 to US$6",
			"$1-$2",
			"`$x$`",
			"$HOME/$USER/bin",
			"\\$x$",
		]) {
			expect(shown(text).querySelector(".math"), text).toBeNull();
		}
	});

	it("shows a formula that cannot be set as it was written", async () => {
		await formulasReady();
		expect(shown("$\\nosuchthing{$").querySelector(".unset")?.textContent).toBe("\\nosuchthing{");
	});

	it("turns an image into a link that says where it would load from", () => {
		const link = shown("![A cat](https://evil.example/cat.png?who=me)").querySelector("a.image");
		expect(link?.textContent).toBe("Image: A cat (not loaded, at evil.example)");
	});
});

describe("streaming", () => {
	it.each([1, 2, 3, 7, 19, 64])(
		"in pieces of %i characters ends as if shown at once",
		async (size) => {
			await formulasReady();
			const { root } = streamed(SAMPLE, size);
			const whole = shown(SAMPLE);
			await highlighted();
			expect(root.innerHTML).toBe(whole.innerHTML);
		},
	);

	it("never touches a finished block again", () => {
		const root = document.createElement("div");
		const view = new MarkdownView(root);
		view.update("First paragraph.\n\nSecond one.\n", false);
		const first = root.querySelector("p");
		view.update("First paragraph.\n\nSecond one.\n\nThird, longer.\n\nFourth\n\n", false);
		expect(root.querySelector("p")).toBe(first);
		expect(root.contains(first)).toBe(true);
	});

	it("adds to a code block that is being written instead of drawing it again", () => {
		const root = document.createElement("div");
		const view = new MarkdownView(root);
		view.update("```js\nconst a = 1;\n", false);
		const code = root.querySelector("code");
		view.update("```js\nconst a = 1;\nconst b = 2;\n``", false);
		expect(root.querySelector("code")).toBe(code);
		expect(code?.textContent).toBe("const a = 1;\nconst b = 2;\n");
		view.update("```js\nconst a = 1;\nconst b = 2;\n```\nAfter.", true);
		expect(root.querySelector("code")?.textContent).toBe("const a = 1;\nconst b = 2;\n");
		expect(root.querySelector("p")?.textContent).toBe("After.");
	});

	it("adds words to the words that are there, and lays nothing out anew", () => {
		const root = document.createElement("div");
		const view = new MarkdownView(root);
		view.update("The rent is ", false);
		const words = root.querySelector("p")?.firstChild;
		view.update("The rent is due on the first day. ", false);
		expect(root.querySelector("p")?.firstChild).toBe(words);
		expect(words?.textContent).toBe("The rent is due on the first day.");
		view.update("The rent is due on the first day. **Late", false);
		expect(root.querySelector("p strong")?.textContent).toBe("Late");
	});

	it.each([
		["**bo", "**bo**"],
		["**bold** and *sl", "**bold** and *sl*"],
		["`co", "`co`"],
		["**", ""],
		["a * b", "a * b"],
		["see [the docs](https://exa", "see the docs"],
		["text\n--", "text\n"],
		["| a | b |\n|--", "| a | b |\n|---|---|\n"],
		["```js\n**x", "```js\n**x"],
	])("shows the unfinished %j as %j", (source, expected) => {
		expect(mend(source)).toBe(expected);
	});

	it("starts over when the text is another one", () => {
		const root = document.createElement("div");
		const view = new MarkdownView(root);
		view.update("One thing, quite long.", false);
		view.update("Other.", true);
		expect(root.textContent?.trim()).toBe("Other.");
	});
});

const ATTACKS = [
	"<script>alert(1)</script>",
	"<img src=x onerror=alert(1)>",
	"<img src=https://evil.example/x.png>",
	"<svg onload=alert(1)><use href='data:x'/></svg>",
	"<math><mtext><style><img src onerror=alert(1)></style></mtext></math>",
	"<iframe src=https://evil.example></iframe><object data=x></object><embed src=x>",
	"<form action=https://evil.example><input name=a><button formaction=javascript:alert(1)>go</button></form>",
	"<style>@import url(https://evil.example/a.css)</style>",
	'<p style="background:url(https://evil.example)" onclick=alert(1)>x</p>',
	"<a href=javascript:alert(1)>x</a>",
	"[x](javascript:alert(1))",
	"[x](JaVaScRiPt:alert(1))",
	"[x](java&#115;cript:alert(1))",
	"[x](\u0001javascript:alert(1))",
	"[x](data:text/html;base64,PHNjcmlwdD4=)",
	"[x](file:///etc/passwd)",
	"[x](vbscript:msgbox)",
	"[x](tauri://localhost)",
	"[x](//evil.example)",
	"[x][r]\n\n[r]: javascript:alert(1)",
	"<javascript:alert(1)>",
	"![x](javascript:alert(1))",
	"![x](data:image/svg+xml,<svg onload=alert(1)>)",
	'![x](https://evil.example/a"onerror="alert(1))',
	'[x](https://evil.example "onmouseover=alert(1)")',
	'[x](https://evil.example/"><img src=x onerror=alert(1)>)',
	'```"><img src=x onerror=alert(1)>\ncode\n```',
	"```js\n</code></pre><script>alert(1)</script>\n```",
	"`</code><script>alert(1)</script>`",
	"$\\href{javascript:alert(1)}{x}$",
	"$\\url{https://evil.example}$",
	"$\\includegraphics{https://evil.example/x.png}$",
	"$\\htmlStyle{background:url(https://evil.example)}{x}$",
	"$\\htmlData{onclick=alert(1)}{x}$",
	"$</annotation></math><img src=x onerror=alert(1)>$",
	"| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
	"- [ ] <input type=checkbox onclick=alert(1)>",
	"&lt;script&gt;alert(1)&lt;/script&gt;",
	"<!--><script>alert(1)</script>-->",
	"<![CDATA[<script>alert(1)</script>]]>",
	'<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
	"<a id=location><a id=location name=href href=x>",
];

/** Everything about the page that could run, load or navigate. */
function dangers(root: HTMLElement): string[] {
	const found: string[] = [];
	const math = new Set(root.querySelectorAll(".katex *"));
	const tags =
		"script,style,link,meta,base,img,iframe,frame,object,embed,form,input,audio,video,source,template";
	for (const element of root.querySelectorAll("*")) {
		if (element.matches(tags)) found.push(element.tagName);
		if (element.matches("svg, math") && !math.has(element)) found.push(element.tagName);
		if (element.matches("button") && !element.matches(".copy-code")) found.push("BUTTON");
		for (const { name, value } of element.attributes) {
			if (/^(on.*|src|srcset|href|xlink:href|action|formaction|poster|id|name)$/i.test(name))
				found.push(name);
			if (
				name === "style" &&
				(!math.has(element) || /url|expression|@import|position:\s*fixed/i.test(value))
			) {
				found.push(`style ${value}`);
			}
			if (name === "data-href" && !/^(https?:|mailto:)/.test(value)) found.push(value);
		}
	}
	return found;
}

describe("hostile text", () => {
	it.each(ATTACKS)("cannot run, load or navigate: %s", async (attack) => {
		await formulasReady();
		const inside = [
			attack,
			`> ${attack}`,
			`- ${attack}`,
			`**${attack}**`,
			`[${attack}](https://a.example)`,
		];
		for (const text of inside) {
			expect(dangers(shown(text)), text).toEqual([]);
			expect(dangers(streamed(text, 5).root), text).toEqual([]);
		}
	});

	it("would notice what it looks for", () => {
		const root = document.createElement("div");
		root.innerHTML = "<img src=x onerror=1><a data-href='javascript:1' style='color:red'>x</a>";
		expect(dangers(root)).toEqual(["IMG", "src", "onerror", "javascript:1", "style color:red"]);
	});

	it("keeps links that must not be opened as plain text", () => {
		const root = shown("[x](javascript:alert(1)) and [y](file:///etc/passwd)");
		expect(root.querySelector("a")).toBeNull();
		expect(root.textContent).toContain("javascript:alert(1)");
	});

	it("writes out characters that would reorder the text", () => {
		const root = shown("`if (\u202eadmin\u2066)`");
		expect(root.textContent?.trim()).toBe("if ([U+202E]admin[U+2066])");
	});

	it("shows text that is nested too deeply instead of dropping it", () => {
		expect(shown(`${">".repeat(300)} the end`).textContent).toContain("the end");
		expect(shown(`${"- ".repeat(300)}the end`).textContent).toContain("the end");
	});

	it.each([
		["brackets", "[".repeat(100_000)],
		["image openings", "![".repeat(50_000)],
		["emphasis", "*a **b ".repeat(14_000)],
		["closed emphasis", `${"*a **b ".repeat(2_000)}${"c** d*".repeat(2_000)}`],
		["quotations", `${">".repeat(40)} a\n`.repeat(2_400)],
		["one long word", "a".repeat(100_000)],
		["half links", "[a](b".repeat(20_000)],
		["dollars", "$a".repeat(50_000)],
		["entities", "&".repeat(100_000)],
		["one megabyte", "word ".repeat(200_000)],
	])("does not hang on %s", (_, text) => {
		const from = performance.now();
		shown(text);
		expect(performance.now() - from).toBeLessThan(5_000);
	});

	it("shows a very long message in parts and loses none of it", () => {
		const root = document.createElement("div");
		const view = new MarkdownView(root);
		view.update("word ".repeat(50_000), true);
		expect(view.hidden).toBe(250_000 - SHOWN_AT_ONCE);
		view.showMore();
		view.showMore();
		expect(view.hidden).toBe(0);
		expect(root.textContent?.match(/word/g)).toHaveLength(50_000);
	});
});

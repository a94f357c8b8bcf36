// Colours for code. Each language is loaded when it first appears, and one block is coloured at a time
// between frames, so that the page never waits.

import type { HLJSApi, LanguageFn } from "highlight.js";

import { sanitise } from "./sanitise";

/** Longer code stays plain: colouring it would be felt. */
const MAX_CODE = 30_000;

type Load = () => Promise<{ default: LanguageFn }>;

const LANGUAGES: Record<string, Load> = {
	bash: () => import("highlight.js/lib/languages/bash"),
	c: () => import("highlight.js/lib/languages/c"),
	cpp: () => import("highlight.js/lib/languages/cpp"),
	csharp: () => import("highlight.js/lib/languages/csharp"),
	css: () => import("highlight.js/lib/languages/css"),
	diff: () => import("highlight.js/lib/languages/diff"),
	dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
	go: () => import("highlight.js/lib/languages/go"),
	haskell: () => import("highlight.js/lib/languages/haskell"),
	ini: () => import("highlight.js/lib/languages/ini"),
	java: () => import("highlight.js/lib/languages/java"),
	javascript: () => import("highlight.js/lib/languages/javascript"),
	json: () => import("highlight.js/lib/languages/json"),
	kotlin: () => import("highlight.js/lib/languages/kotlin"),
	latex: () => import("highlight.js/lib/languages/latex"),
	lua: () => import("highlight.js/lib/languages/lua"),
	makefile: () => import("highlight.js/lib/languages/makefile"),
	markdown: () => import("highlight.js/lib/languages/markdown"),
	perl: () => import("highlight.js/lib/languages/perl"),
	php: () => import("highlight.js/lib/languages/php"),
	powershell: () => import("highlight.js/lib/languages/powershell"),
	python: () => import("highlight.js/lib/languages/python"),
	r: () => import("highlight.js/lib/languages/r"),
	ruby: () => import("highlight.js/lib/languages/ruby"),
	rust: () => import("highlight.js/lib/languages/rust"),
	scss: () => import("highlight.js/lib/languages/scss"),
	sql: () => import("highlight.js/lib/languages/sql"),
	swift: () => import("highlight.js/lib/languages/swift"),
	typescript: () => import("highlight.js/lib/languages/typescript"),
	xml: () => import("highlight.js/lib/languages/xml"),
	yaml: () => import("highlight.js/lib/languages/yaml"),
};

const ALIASES: Record<string, string> = {
	"c++": "cpp", "c#": "csharp", cc: "cpp", cs: "csharp", docker: "dockerfile", golang: "go",
	h: "c", hpp: "cpp", hs: "haskell", html: "xml", js: "javascript", jsx: "javascript",
	kt: "kotlin", make: "makefile", md: "markdown", patch: "diff", pl: "perl", ps1: "powershell",
	py: "python", rb: "ruby", rs: "rust", sh: "bash", shell: "bash", svelte: "xml", svg: "xml",
	tex: "latex", toml: "ini", ts: "typescript", tsx: "typescript", vue: "xml", yml: "yaml",
	zsh: "bash",
}; // prettier-ignore

let waiting: Promise<unknown> = Promise.resolve();

/** Colour a code element in place, soon; unknown languages and long code stay as they are. */
export function highlight(element: HTMLElement, language: string): void {
	const name = nameOf(language);
	if (!name || (element.textContent?.length ?? 0) > MAX_CODE) return;
	waiting = waiting.then(() => colour(element, name)).catch(() => undefined);
}

/** Resolves when everything asked for so far is coloured. */
export function highlighted(): Promise<unknown> {
	return waiting;
}

function nameOf(language: string): string | null {
	const lower = language.toLowerCase();
	const name = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
	return name && Object.hasOwn(LANGUAGES, name) ? name : null;
}

async function colour(element: HTMLElement, name: string): Promise<void> {
	const engine = await engineWith(name);
	await new Promise((resume) => setTimeout(resume));
	const code = element.textContent ?? "";
	const { value } = engine.highlight(code, { language: name, ignoreIllegals: true });
	element.replaceChildren(sanitise(value));
}

async function engineWith(name: string): Promise<HLJSApi> {
	const { default: engine } = await import("highlight.js/lib/core");
	const load = LANGUAGES[name];
	if (load && !engine.getLanguage(name)) engine.registerLanguage(name, (await load()).default);
	return engine;
}

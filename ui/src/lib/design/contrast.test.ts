// Contrast by WCAG 2.2, AA: 4.5 to 1 for text, 3 to 1 for the lines and marks of controls.

import { describe, expect, it } from "vitest";

import tokens from "./tokens.css?raw";

type Theme = Map<string, string>;

function readThemes(): Record<"light" | "dark", Theme> {
	const css = tokens.replaceAll(/\/\*[^]*?\*\//g, "");
	const values = (block: string): [string, string][] =>
		[...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]);
	const dark = /:root\[data-theme="dark"\]\s*\{([^}]*)\}/.exec(css)?.[1] ?? "";
	const light = [...css.matchAll(/(?:^|\n):root\s*\{([^}]*)\}/g)].map((block) => block[1]!).join();
	return {
		light: new Map(values(light)),
		dark: new Map([...values(light), ...values(dark)]),
	};
}

function colour(theme: Theme, token: string): number[] {
	const value = theme.get(token);
	if (value === undefined) throw new Error(`no token --${token}`);
	const alias = /^var\(--([\w-]+)\)$/.exec(value.trim());
	if (alias) return colour(theme, alias[1]!);
	return [1, 3, 5].map((at) => parseInt(value.trim().slice(at, at + 2), 16) / 255);
}

function luminance(rgb: number[]): number {
	const [r, g, b] = rgb.map((part) =>
		part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
	);
	return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(theme: Theme, one: string, other: string): number {
	const [dark, light] = [luminance(colour(theme, one)), luminance(colour(theme, other))].sort(
		(a, b) => a - b,
	);
	return (light! + 0.05) / (dark! + 0.05);
}

const text: [ink: string, ground: string][] = [
	["ink", "paper"],
	["ink", "surface"],
	["ink", "sunken"],
	["ink", "accent-soft"],
	["ink", "danger-soft"],
	["ink", "caution-soft"],
	["ink-2", "paper"],
	["ink-2", "surface"],
	["ink-2", "sunken"],
	["ink-2", "danger-soft"],
	["ink-2", "accent-soft"],
	["ink-3", "surface"],
	["accent", "surface"],
	["accent", "accent-soft"],
	["accent-ink", "accent"],
	["danger", "surface"],
	["danger", "danger-soft"],
	["caution", "surface"],
	["local", "local-soft"],
	["masked", "masked-soft"],
	["cloud", "cloud-soft"],
	["blocked", "blocked-soft"],
];
const marks: [mark: string, ground: string][] = [
	["accent", "paper"],
	["accent", "sunken"],
	["ink-3", "sunken"],
	["local", "sunken"],
	["masked", "paper"],
	["cloud", "paper"],
	["blocked", "paper"],
	...[1, 2, 3, 4, 5, 6].map((nth): [string, string] => [`chart-${nth}`, "surface"]),
];

const themes = readThemes();

describe.each(["light", "dark"] as const)("in the %s theme", (name) => {
	const theme = themes[name];

	it("has colours of its own", () => {
		expect(theme.size).toBeGreaterThan(30);
		expect(colour(themes.light, "paper")).not.toEqual(colour(themes.dark, "paper"));
	});

	it.each(text)("%s is readable on %s", (ink, ground) => {
		expect(contrast(theme, ink, ground)).toBeGreaterThanOrEqual(4.5);
	});

	it.each(marks)("%s can be told from %s", (mark, ground) => {
		expect(contrast(theme, mark, ground)).toBeGreaterThanOrEqual(3);
	});
});

it("the dark theme is the same whether the system or the person chose it", () => {
	const blocks = [...tokens.matchAll(/color-scheme: dark;([^}]*)\}/g)].map((block) =>
		block[1]!.replaceAll(/\s+/g, ""),
	);
	expect(blocks).toHaveLength(2);
	expect(blocks[0]).toBe(blocks[1]);
});

import { describe, expect, it } from "vitest";

import type { Account, Policy } from "$lib/backend";

import { matching, routeTo, rowOfChain, rowsOf, type Facts } from "./rows";

const policy: Policy = {
	nothing: { ownServer: "allow", cloud: "allow" },
	personal: { ownServer: "allow", cloud: "mask" },
	special: { ownServer: "mask", cloud: "keep_local" },
	secret: { ownServer: "mask", cloud: "block" },
	pictures: { ownServer: "ask", cloud: "ask" },
	countries: [],
};
const facts: Facts = { policy, prices: [], offline: false };

const many: Account = {
	id: "a",
	kind: "compatible",
	name: "OpenRouter",
	baseUrl: "https://openrouter.ai/api/v1",
	destination: "cloud",
	contextTokens: null,
	hasKey: true,
	models: Array.from({ length: 400 }, (_, nth) => ({
		id: `vendor/model-${nth}`,
		name: `Model ${nth}`,
		contextTokens: null,
		chosen: nth % 2 === 0,
		passedOn: false,
	})),
	modelsReadAtMs: 0,
};

describe("the colour of a place", () => {
	it("is amber where personal data is masked, and blue where it leaves as it is", () => {
		expect(routeTo("cloud", facts)).toBe("masked");
		expect(routeTo("own_server", facts)).toBe("cloud");
	});

	it("is red where nothing may leave, by policy or by the offline switch", () => {
		const nothing = { ownServer: "allow", cloud: "block" } as const;
		expect(routeTo("cloud", { ...facts, policy: { ...policy, nothing } })).toBe("blocked");
		expect(routeTo("own_server", { ...facts, offline: true })).toBe("blocked");
	});

	it("is green where policy keeps everything here", () => {
		const nothing = { ownServer: "allow", cloud: "keep_local" } as const;
		expect(routeTo("cloud", { ...facts, policy: { ...policy, nothing } })).toBe("local");
	});
});

describe("the models of an account", () => {
	it("leave for somebody else's computer where a server of one's own passes them on", () => {
		const model = (id: string, passedOn: boolean) => {
			return { id, name: id, contextTokens: null, chosen: true, passedOn };
		};
		const ollama: Account = {
			...many,
			kind: "ollama",
			destination: "own_server",
			models: [model("llama3.2:3b", false), model("gpt-oss:120b-cloud", true)],
		};
		expect(rowsOf(ollama, facts).map(({ route }) => route)).toEqual(["cloud", "masked"]);
		const copy = { ...ollama, models: [model("mine:latest", true), model("llama3.2:3b", false)] };
		const routeOf = (first: string) => {
			const chain = [{ type: "account" as const, accountId: copy.id, model: first }];
			return rowOfChain({ id: "c", name: "chain", chain }, [copy], facts, () => "").route;
		};
		for (const name of [
			"mine",
			"MINE:latest",
			"registry.ollama.ai/library/mine",
			"glm-4.6:Cloud",
		]) {
			expect(routeOf(name), name).toBe("masked");
		}
		expect(routeOf("llama3.2:3b")).toBe("cloud");
		expect(routeOf("not-listed")).toBe("cloud");
	});

	it("are those that the person wants in lists", () => {
		expect(rowsOf(many, facts)).toHaveLength(200);
	});

	it("say that a price is unknown, and nothing before prices were read", () => {
		expect(rowsOf(many, facts)[0]?.price).toBe("price unknown");
		expect(rowsOf(many, { ...facts, prices: null })[0]?.price).toBeNull();
		const prices = [{ accountId: "a", model: "vendor/model-0", input: "$0.25", output: null }];
		expect(rowsOf(many, { ...facts, prices })[0]?.price).toBe("$0.25 in · unknown out");
	});

	it("are found by any of the words of their name, identifier and account", () => {
		const groups = [{ heading: many.name, rows: rowsOf(many, facts) }];
		const names = (query: string) =>
			matching(groups, query).flatMap(({ rows }) => rows.map(({ name }) => name));
		expect(names("model-38 VENDOR")).toEqual([
			"Model 38",
			...[0, 2, 4, 6, 8].map((nth) => `Model 38${nth}`),
		]);
		expect(names("openrouter 398")).toEqual(["Model 398"]);
		expect(names("nothing")).toEqual([]);
	});
});

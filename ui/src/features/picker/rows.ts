// What can be picked to answer: models on this computer, those of the accounts, chains of models.

import type {
	Account,
	Alias,
	AskingPrice,
	Destination,
	Elsewhere,
	EngineStatus,
	InstalledModel,
	Link,
	Policy,
	Route,
} from "$lib/backend";
import { formatBytes } from "$lib/format";
import { isAlive } from "$lib/state/models.svelte";

/** What was picked: a model on this computer (null: whichever is the default), or one elsewhere. */
export type Picked = { modelId: string | null; elsewhere: Elsewhere | null };

export type Row = {
	key: string;
	name: string;
	note: string;
	/** What would become of a message, as far as that can be said before it is written. */
	route: Route;
	/** For a million tokens read and written; null where a price says nothing. */
	price: string | null;
	disabled: boolean;
	picked: Picked;
};

export type Group = { heading: string; rows: Row[] };

/** What decides where a message goes and what it costs; null until it was read. */
export type Facts = {
	policy: Policy | null;
	prices: AskingPrice[] | null;
	offline: boolean;
};

/** The same for the same choice, so that the one in use can be found. */
export function keyOf({ modelId, elsewhere }: Picked): string {
	if (elsewhere === null) return `here ${modelId ?? ""}`;
	if (elsewhere.type === "alias") return `chain ${elsewhere.aliasId}`;
	return `account ${elsewhere.accountId} ${elsewhere.model}`;
}

function row(picked: Picked, name: string, note: string, facts: Partial<Row> = {}): Row {
	const key = keyOf(picked);
	return { key, name, note, route: "local", price: null, disabled: false, picked, ...facts };
}

const verdicts = { fits: "fits", tight: "tight in memory", too_large: "too large" } as const;

function stateOf(model: InstalledModel, engine: EngineStatus | undefined): string {
	if (engine?.state === "loading") return `Loading, ${Math.round(engine.fraction * 100)}%`;
	if (engine && engine.state !== "failed") return `Loaded, ${formatBytes(engine.memoryBytes)}`;
	if (model.fileState === "missing") return "Its file is missing";
	if (model.fileState === "changed") return "Its file was changed";
	const { totalBytes, verdict } = model.memory;
	return `${model.parametersLabel} · ${model.quantisation} · ${formatBytes(totalBytes)}, ${verdicts[verdict]}`;
}

export function rowsHere(models: InstalledModel[], engines: EngineStatus[]): Row[] {
	return models.map((model) => {
		const engine = engines.find(({ modelId }) => modelId === model.id);
		const canLoad = model.fileState === "present" && model.memory.verdict !== "too_large";
		return row({ modelId: model.id, elsewhere: null }, model.name, stateOf(model, engine), {
			disabled: !canLoad && !isAlive(engine),
		});
	});
}

/** The row that leaves the choice to the host. */
export function rowOfDefault(name: string): Row {
	return row({ modelId: null, elsewhere: null }, name, "On this computer");
}

/** What policy makes of most messages that leave for a destination. */
export function routeTo(destination: Destination, { policy, offline }: Facts): Route {
	if (offline) return "blocked";
	if (destination === "this_computer") return "local";
	const place = destination === "own_server" ? "ownServer" : "cloud";
	const [nothing, personal] = [policy?.nothing[place], policy?.personal[place]];
	if (nothing === "block") return "blocked";
	if (nothing === "keep_local") return "local";
	return personal === "mask" || personal === "ask" ? "masked" : "cloud";
}

const routeWords: Record<Route, string> = {
	local: "Stays on this computer, by policy",
	masked: "Leaves, personal data masked",
	cloud: "Leaves as written",
	blocked: "Does not leave, by policy",
};

function wordsOf(route: Route, facts: Facts): string {
	if (facts.offline) return "Offline: does not leave";
	return facts.policy === null ? "Leaves" : routeWords[route];
}

function priceWords(accountId: string, model: string, prices: AskingPrice[] | null): string | null {
	if (prices === null) return null;
	const price = prices.find((one) => one.accountId === accountId && one.model === model);
	return price ? `${price.input} in · ${price.output ?? "unknown"} out` : "price unknown";
}

/** One spelling for all that Ollama takes for a model, as the host has it. */
function ollamaName(model: string): string {
	return model
		.trim()
		.toLowerCase()
		.replace(/^.*?:\/\//, "")
		.replace(/^registry\.ollama\.ai\//, "")
		.replace(/^library\//, "")
		.replace(/:latest$/, "");
}

/**
 * Whose computer a model answers on: a server can pass some of its models on to somebody else's. A chain can name
 * one that is not listed, or that is listed under another spelling.
 */
function destinationOf(account: Account, model: string): Destination {
	const wanted = ollamaName(model);
	const isPassedOn =
		/[-:]cloud$/.test(wanted) ||
		account.models.some(({ id, passedOn }) => passedOn && ollamaName(id) === wanted);
	return isPassedOn ? "cloud" : account.destination;
}

/** The models of an account that the person wants in lists. */
export function rowsOf(account: Account, facts: Facts): Row[] {
	return account.models
		.filter((model) => model.chosen)
		.map((model) => {
			const route = routeTo(destinationOf(account, model.id), facts);
			return row(
				{
					modelId: null,
					elsewhere: { type: "account", accountId: account.id, model: model.id },
				},
				model.name,
				wordsOf(route, facts),
				{ route, price: priceWords(account.id, model.id, facts.prices) },
			);
		});
}

/** The first one that can answer does, so the first one says what becomes of a message. */
export function rowOfChain(
	alias: Alias,
	accounts: Account[],
	facts: Facts,
	words: (link: Link) => string,
): Row {
	const first = alias.chain[0];
	const account =
		first?.type === "account" ? accounts.find(({ id }) => id === first.accountId) : undefined;
	return row(
		{ modelId: null, elsewhere: { type: "alias", aliasId: alias.id } },
		alias.name,
		alias.chain.map(words).join(" → "),
		{
			route:
				account && first?.type === "account"
					? routeTo(destinationOf(account, first.model), facts)
					: "local",
		},
	);
}

/** The rows that have every typed word in their name, their identifier or their heading. */
export function matching(groups: Group[], query: string): Group[] {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	return groups
		.map(({ heading, rows }) => ({
			heading,
			rows: rows.filter(({ name, picked }) => {
				const id = picked.elsewhere?.type === "account" ? picked.elsewhere.model : "";
				const text = `${name} ${id} ${heading}`.toLowerCase();
				return words.every((word) => text.includes(word));
			}),
		}))
		.filter(({ rows }) => rows.length > 0);
}

// What the fake host lets leave: it masks e-mail addresses, blocks passwords, and knows one price.

import type {
	Account,
	Alias,
	AskingPrice,
	BudgetView,
	CallSummary,
	Elsewhere,
	Found,
	Level,
	Link,
	Mistake,
	Move,
	Piece,
	Policy,
	Preview,
	Problem,
	WhatLeaves,
} from "../bindings";

/** What decides where a message goes. */
export type Known = {
	accounts: Account[];
	aliases: Alias[];
	budgets: BudgetView[];
	policy: Policy;
	offline: () => boolean;
	/** Models that cannot be reached. */
	down: string[];
	/** Models that take a request and do not answer it. */
	busy: string[];
};

/** What is asked, and of whom. */
export type Question = {
	/** Null: a model on this computer. */
	elsewhere: Elsewhere | null;
	text: string;
	/** How many are shown with it. */
	pictures: number;
	/** What was called a mistake of the inspection. */
	mistakes: Mistake[];
};

/** An answer that was to be written elsewhere. */
export type AwayCall = {
	/** What its call says that one on this computer does not; null: it is one on this computer. */
	call: Partial<CallSummary> | null;
	/** The model that was asked. */
	asked: Elsewhere | null;
	moves: Move[];
	alias: string | null;
};

type Cloud = Extract<Link, { type: "account" }>;

/** What the fake host's pictures look like where they leave. */
const pixel =
	"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const address = /\S+@\S+\.\w+/g;
const pricedModel = "gpt-6-luna";

export function pieces(text: string): Piece[] {
	const made: Piece[] = [];
	let at = 0;
	for (const match of text.matchAll(address)) {
		if (match.index > at) made.push(asIs(text.slice(at, match.index)));
		made.push({
			sent: `[EMAIL-ADDRESS-${made.length + 1}-kqvt]`,
			original: match[0],
			removed: false,
		});
		at = match.index + match[0].length;
	}
	if (at < text.length) made.push(asIs(text.slice(at)));
	return made;
}

const asIs = (sent: string): Piece => ({ sent, original: null, removed: false });

export function found(text: string): Found {
	return {
		text,
		kind: "EMAIL_ADDRESS",
		label: "E-mail address",
		class: "personal",
		reason: "an address with a domain that can exist",
		rule: "email",
		score: 1,
		action: "mask",
		overruled: false,
		overruling: "freely",
	};
}

/** What the fake host takes for a password. */
function secretIn(text: string): string | null {
	return /password is (\S+)/i.exec(text)?.[1] ?? null;
}

const isMistake = (mistakes: Mistake[], text: string) =>
	mistakes.some((mistake) => mistake.text === text);

/** Everything found in a text, with what was called a mistake. */
export function allFound(text: string, mistakes: Mistake[]): Found[] {
	const secret = secretIn(text);
	const all = masked(text).map(({ original }) => found(original ?? ""));
	if (secret !== null) {
		all.push({
			...found(secret),
			kind: "PASSWORD",
			label: "Password",
			class: "secret",
			reason: "a word for a password before it",
			rule: "password",
			action: "block",
			overruling: "surely",
		});
	}
	return all.map((one) =>
		isMistake(mistakes, one.text) ? { ...one, overruled: true, action: "allow" } : one,
	);
}

export const masked = (text: string) => pieces(text).filter(({ original }) => original !== null);

export function askingPrices(accounts: Account[]): AskingPrice[] {
	return accounts
		.filter(({ models }) => models.some(({ id }) => id === pricedModel))
		.map(({ id }) => ({ accountId: id, model: pricedModel, input: "$0.25", output: "$2" }));
}

/** How a budget of so many dollars stands after $3.41. */
export function standing(limit: number, warnPercent: number) {
	const percent = Math.min(100, Math.round((100 * 3.41) / limit));
	const level: Level = percent >= 100 ? "passed" : percent >= warnPercent ? "warn" : "within";
	const [fromMs, untilMs] = [Date.parse("2026-11-01"), Date.parse("2026-12-01")];
	return { spent: "$3.41", reserved: "$0", unknownCalls: 0, percent, level, fromMs, untilMs };
}

function tightest(budgets: BudgetView[]): Level | null {
	const levels: Level[] = ["passed", "warn", "within"];
	return levels.find((level) => budgets.some((budget) => budget.level === level)) ?? null;
}

function chainOf(known: Known, elsewhere: Elsewhere | null): Link[] {
	if (elsewhere === null) return [];
	if (elsewhere.type === "account") return [elsewhere, { type: "local", modelId: null }];
	return known.aliases.find(({ id }) => id === elsewhere.aliasId)?.chain ?? [];
}

function whyNot(known: Known, link: Cloud, text: string, mistakes: Mistake[] = []): Problem | null {
	const name = accountOf(known, link).name;
	const secret = secretIn(text);
	const isOverruled = secret !== null && isMistake(mistakes, secret);
	if (/password/i.test(text) && !isOverruled) {
		return {
			code: "not_allowed",
			message: `A password or another secret does not leave for ${name}.`,
			hint: "Take it out of the message.",
		};
	}
	if (known.offline()) return { code: "offline", message: "The offline switch is on.", hint: null };
	return null;
}

/** That a model is down or busy is found out when it is asked. */
function whyNoAnswer(known: Known, link: Cloud, text: string): Problem | null {
	const { name } = accountOf(known, link);
	if (known.down.includes(link.model)) {
		return { code: "offline", message: `${name} cannot be reached.`, hint: null };
	}
	if (known.busy.includes(link.model)) {
		return { code: "provider", message: `${name} has too much to do right now.`, hint: null };
	}
	return whyNot(known, link, text);
}

function accountOf({ accounts }: Known, link: Cloud): Account {
	const account = accounts.find(({ id }) => id === link.accountId);
	if (!account) throw { code: "not_found", message: "No such account.", hint: null };
	return account;
}

const asks = ({ policy }: Known, masked: number, pictures: number) =>
	(policy.personal.cloud === "ask" && masked > 0) ||
	(policy.pictures.cloud === "ask" && pictures > 0);

export function preview(known: Known, { elsewhere, text, pictures, mistakes }: Question): Preview {
	const count = masked(text).length;
	let because: Problem | null = null;
	const moves: Move[] = [];
	for (const link of chainOf(known, elsewhere)) {
		if (link.type === "local") break;
		const problem = whyNot(known, link, text, mistakes);
		because ??= problem;
		const blocked = problem?.code === "not_allowed";
		if (problem && !blocked) {
			moves.push({ model: link.model, reason: problem.message, call: null });
			continue;
		}
		const account = accountOf(known, link);
		return {
			route: blocked ? "blocked" : count > 0 ? "masked" : "cloud",
			model: link.model,
			account: account.name,
			accountId: account.id,
			destination: account.destination,
			action: blocked ? "block" : count > 0 ? known.policy.personal.cloud : "allow",
			masked: count,
			pictures,
			unseen: 0,
			sees: true,
			review: asks(known, count, pictures),
			because: blocked ? problem : null,
			moves,
			tokens: Math.ceil(text.length / 4),
			exact: true,
			about: link.model === pricedModel ? "$0.0002" : null,
			most: link.model === pricedModel ? "$0.01" : null,
			budget: tightest(known.budgets),
		};
	}
	return {
		route: "local",
		model: "SmolLM2 135M Instruct",
		account: null,
		accountId: null,
		destination: "this_computer",
		action: null,
		masked: 0,
		pictures: 0,
		unseen: pictures,
		sees: null,
		review: false,
		because,
		moves,
		tokens: Math.ceil(text.length / 4),
		exact: true,
		about: "$0",
		most: "$0",
		budget: null,
	};
}

export function leaves(
	known: Known,
	{ elsewhere, text, pictures, mistakes }: Question,
): WhatLeaves {
	const link = chainOf(known, elsewhere).find((one): one is Cloud => one.type === "account");
	if (!link) throw { code: "not_found", message: "Nothing would leave.", hint: null };
	return {
		model: link.model,
		account: accountOf(known, link).name,
		accountId: link.accountId,
		asks: asks(known, masked(text).length, pictures),
		client: null,
		messages: [{ role: "user", pieces: pieces(text), pictures: Array(pictures).fill(pixel) }],
		masked: masked(text).length,
		body: JSON.stringify({ messages: [{ role: "user", content: text.replace(address, "[…]") }] }),
		found: allFound(text, mistakes),
		// That a model is down is found out when it is asked.
		moves: [],
		tokens: Math.ceil(text.length / 4),
		exact: true,
		cost: "$0.0002",
	};
}

/** The number of the first call that failed, above those of all answers. */
const firstFailed = 1000;

export function awayCall(known: Known, elsewhere: Elsewhere | null, text: string): AwayCall {
	const alias =
		elsewhere?.type === "alias"
			? (known.aliases.find(({ id }) => id === elsewhere.aliasId)?.name ?? null)
			: null;
	const moves: Move[] = [];
	for (const link of chainOf(known, elsewhere)) {
		if (link.type === "local") break;
		const problem = whyNoAnswer(known, link, text);
		if (problem) {
			// One that is down or busy was asked all the same.
			const wasAsked = [...known.down, ...known.busy].includes(link.model);
			const call = wasAsked ? firstFailed + moves.length : null;
			moves.push({ model: link.model, reason: problem.message, call });
			continue;
		}
		const count = masked(text).length;
		const call: Partial<CallSummary> = {
			model: link.model,
			account: accountOf(known, link).name,
			route: count > 0 ? "masked" : "cloud",
			masked: count,
			cost: link.model === pricedModel ? "$0.00009" : null,
		};
		return { call, asked: link, moves, alias };
	}
	return { call: null, asked: null, moves, alias };
}

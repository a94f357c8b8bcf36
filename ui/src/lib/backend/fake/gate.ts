// The fake host's accounts, policy, rules, budgets and what would leave: it masks e-mail addresses,
// and so much of the rest that every screen can be looked at.

import type { Backend } from "../backend";
import type {
	Account,
	Alias,
	BudgetView,
	Found,
	Measured,
	OwnRule,
	Piece,
	Policy,
	Preview,
	Problem,
	Turn,
	WhatLeaves,
	Workspace,
} from "../bindings";

export type GatePart = Pick<
	Backend,
	| "previewMessage"
	| "whatWouldLeave"
	| "whatLeft"
	| "listAccounts"
	| "saveAccount"
	| "setAccountKey"
	| "testAccount"
	| "chooseAccountModels"
	| "removeAccount"
	| "pullModel"
	| "listAliases"
	| "saveAlias"
	| "removeAlias"
	| "listConnections"
	| "inspectText"
	| "measuredQuality"
	| "getPolicy"
	| "setPolicy"
	| "listOwnRules"
	| "newOwnRuleId"
	| "saveOwnRule"
	| "removeOwnRule"
	| "tryOwnRule"
	| "listWorkspaces"
	| "saveWorkspace"
	| "listBudgets"
	| "setBudget"
	| "removeBudget"
	| "updatePrices"
>;

const address = /\S+@\S+\.\w+/g;

const missing: Problem = { code: "not_found", message: "It is not there any more.", hint: null };

function pieces(text: string): Piece[] {
	const made: Piece[] = [];
	let at = 0;
	for (const match of text.matchAll(address)) {
		if (match.index > at) made.push({ sent: text.slice(at, match.index), original: null });
		made.push({ sent: `[EMAIL-ADDRESS-${made.length + 1}-kqvt]`, original: match[0] });
		at = match.index + match[0].length;
	}
	if (at < text.length) made.push({ sent: text.slice(at), original: null });
	return made;
}

function found(text: string): Found {
	return {
		text,
		kind: "EMAIL_ADDRESS",
		label: "E-mail address",
		class: "personal",
		reason: "an address with a domain that can exist",
		rule: "email",
		score: 1,
		action: "mask",
	};
}

/** The question of an answer that is asked again, which this host does not look up. */
const letter = "Please write to anna.weiss@example.org.";

const textOf = (turn: Turn) => ("text" in turn ? turn.text : letter);

const masked = (text: string) => pieces(text).filter(({ original }) => original !== null);

export function fakeGate(): GatePart {
	let accounts: Account[] = [];
	let aliases: Alias[] = [];
	let rules: OwnRule[] = [];
	let budgets: BudgetView[] = [];
	let workspaces: Workspace[] = [{ id: "personal", name: "Personal", createdAtMs: 0 }];
	let policy: Policy = {
		nothing: { ownServer: "allow", cloud: "allow" },
		personal: { ownServer: "allow", cloud: "mask" },
		special: { ownServer: "mask", cloud: "keep_local" },
		secret: { ownServer: "mask", cloud: "block" },
		countries: [],
	};
	let ids = 0;
	const id = (kind: string) => `${kind}-${++ids}`;

	function change(accountId: string, changed: Partial<Account>): Account {
		const known = accounts.find((account) => account.id === accountId);
		if (!known) throw missing;
		const now = { ...known, ...changed };
		accounts = accounts.map((account) => (account.id === accountId ? now : account));
		return now;
	}

	function preview(text: string): Preview {
		const [account] = accounts;
		const count = masked(text).length;
		const secret = /password/i.test(text);
		const review = policy.personal.cloud === "ask" && count > 0;
		return {
			route: secret ? "blocked" : count > 0 ? "masked" : "cloud",
			model: account?.models[0]?.id ?? "gpt-6-luna",
			account: account?.name ?? "OpenAI",
			accountId: account?.id ?? null,
			destination: "cloud",
			action: secret ? "block" : count > 0 ? policy.personal.cloud : "allow",
			masked: count,
			review,
			because: secret
				? {
						code: "not_allowed",
						message: "A password or another secret does not leave for OpenAI.",
						hint: "Take it out of the message.",
					}
				: null,
			moves: [],
			tokens: Math.ceil(text.length / 4),
			exact: true,
			about: "$0.0002",
			most: "$0.01",
			budget: null,
		};
	}

	const leaves = (text: string): WhatLeaves => ({
		model: accounts[0]?.models[0]?.id ?? "gpt-6-luna",
		account: accounts[0]?.name ?? "OpenAI",
		messages: [{ role: "user", pieces: pieces(text) }],
		body: JSON.stringify({ messages: [{ role: "user", content: text.replace(address, "[…]") }] }),
		found: masked(text).map(({ original }) => found(original ?? "")),
		moves: [],
		tokens: Math.ceil(text.length / 4),
		exact: true,
		cost: "$0.0002",
	});

	return {
		previewMessage: async (turn) => preview(textOf(turn)),
		whatWouldLeave: async (turn) => leaves(textOf(turn)),
		whatLeft: async () => leaves(letter),
		listAccounts: async () => accounts,
		saveAccount: async (accountId, input) => {
			if (accountId !== null) return change(accountId, { name: input.name });
			const made: Account = {
				id: id("account"),
				kind: input.kind,
				name: input.name || "OpenAI",
				baseUrl: input.baseUrl || "https://api.openai.com/v1",
				destination: input.destination ?? "cloud",
				contextTokens: input.contextTokens,
				hasKey: false,
				models: [],
				modelsReadAtMs: null,
			};
			accounts = [...accounts, made];
			return made;
		},
		setAccountKey: async (accountId, key) => change(accountId, { hasKey: key !== "" }),
		testAccount: async (accountId) =>
			change(accountId, {
				models: [
					{ id: "gpt-6-luna", name: "GPT-6 Luna", contextTokens: 400_000, chosen: true },
					{ id: "gpt-6-sol", name: "GPT-6 Sol", contextTokens: 400_000, chosen: false },
				],
				modelsReadAtMs: 0,
			}),
		chooseAccountModels: async (accountId, chosen) => {
			const account = accounts.find((one) => one.id === accountId);
			const models = (account?.models ?? []).map((model) => ({
				...model,
				chosen: chosen.includes(model.id),
			}));
			return change(accountId, { models });
		},
		removeAccount: async (accountId) => {
			accounts = accounts.filter((account) => account.id !== accountId);
		},
		pullModel: async (_account, _model, onProgress) => {
			onProgress({ status: "pulling", total: 100, completed: 50 });
		},
		listAliases: async () => aliases,
		saveAlias: async (aliasId, name, chain) => {
			const made: Alias = { id: aliasId ?? id("alias"), name, chain };
			aliases = [...aliases.filter((alias) => alias.id !== made.id), made];
			return made;
		},
		removeAlias: async (aliasId) => {
			aliases = aliases.filter((alias) => alias.id !== aliasId);
		},
		listConnections: async () => [],
		inspectText: async (text) => ({
			parts: pieces(text).map(({ sent, original }) => ({
				text: original ?? sent,
				found: original === null ? null : found(original),
			})),
			destinations: [
				{ destination: "this_computer", action: "allow", masked: 0, pieces: [] },
				{ destination: "own_server", action: "allow", masked: 0, pieces: [] },
				{
					destination: "cloud",
					action: masked(text).length > 0 ? "mask" : "allow",
					masked: masked(text).length,
					pieces: pieces(text),
				},
			],
		}),
		measuredQuality: async () => sampleMeasured,
		getPolicy: async () => policy,
		setPolicy: async (changed) => void (policy = changed),
		listOwnRules: async () => rules,
		newOwnRuleId: async () => id("rule"),
		saveOwnRule: async (rule) => {
			rules = [...rules.filter((one) => one.id !== rule.id), rule];
		},
		removeOwnRule: async (ruleId) => {
			rules = rules.filter((rule) => rule.id !== ruleId);
		},
		tryOwnRule: async (rule, text) => {
			const at = text.indexOf(rule.content);
			const hit = rule.content !== "" && at >= 0;
			return {
				matches: hit ? 1 : 0,
				parts: hit
					? [
							{ text: text.slice(0, at), found: null },
							{ text: rule.content, found: found(rule.content) },
							{ text: text.slice(at + rule.content.length), found: null },
						]
					: [{ text, found: null }],
			};
		},
		listWorkspaces: async () => workspaces,
		saveWorkspace: async (workspaceId, name) => {
			const made: Workspace = { id: workspaceId ?? id("workspace"), name, createdAtMs: 0 };
			workspaces = [...workspaces.filter((one) => one.id !== made.id), made];
			return made;
		},
		listBudgets: async () => budgets,
		setBudget: async (input) => {
			const others = budgets.filter(
				(one) => one.everywhere !== input.everywhere || one.period !== input.period,
			);
			budgets = [
				...others,
				{
					...input,
					limit: `$${input.limit}`,
					spent: "$3.41",
					reserved: "$0",
					unknownCalls: 0,
					percent: 17,
					level: "within",
				},
			];
		},
		removeBudget: async (everywhere, period) => {
			budgets = budgets.filter((one) => one.everywhere !== everywhere || one.period !== period);
		},
		updatePrices: async () => ({ added: 3, changed: 1 }),
	};
}

const share = (hits: number, total: number) => ({ hits, total });
const sampleMeasured: Measured = {
	date: "2026-11-27",
	texts: 2119,
	spans: 2143,
	overall: { recall: share(1944, 2143), precision: share(1944, 2010), hidden: share(1978, 2143) },
	kinds: [
		{
			name: "EMAIL_ADDRESS",
			label: "E-mail address",
			figures: {
				recall: share(97, 100),
				precision: share(97, 97),
				hidden: share(98, 100),
			},
		},
	],
};

// The fake host's accounts, policy, rules, budgets and what would leave: it masks e-mail addresses,
// and so much of the rest that every screen can be looked at.

import type { Backend } from "../backend";
import type {
	Account,
	Alias,
	BudgetView,
	Elsewhere,
	Measured,
	OwnRule,
	Policy,
	Problem,
	Turn,
	WhatLeaves,
	Workspace,
} from "../bindings";
import {
	allFound,
	askingPrices,
	awayCall,
	found,
	leaves,
	masked,
	pieces,
	preview,
	standing,
	type AwayCall,
	type Known,
	type Question,
} from "./away";

const missing: Problem = { code: "not_found", message: "It is not there any more.", hint: null };

export type GatePart = Pick<
	Backend,
	| "previewMessage"
	| "whatWouldLeave"
	| "whatComparingLeaves"
	| "foundInMessage"
	| "foundComparing"
	| "whatLeft"
	| "listAccounts"
	| "saveAccount"
	| "setAccountKey"
	| "testAccount"
	| "chooseAccountModels"
	| "removeAccount"
	| "pullModel"
	| "stopPull"
	| "accountHealth"
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
	| "askingPrices"
	| "costBudgets"
	| "listBudgets"
	| "setBudget"
	| "removeBudget"
	| "updatePrices"
>;

/** Answers that a model elsewhere wrote, for the fake host's conversations. */
export type AwayPart = {
	/** What is said of the call that answers; null where it stays on this computer. */
	call: (number: number, elsewhere: Elsewhere | null, text: string) => AwayCall;
};

export type GateOptions = {
	offline: () => boolean;
	/** Models that cannot be reached. */
	down: string[];
	/** Models that take a request and do not answer it. */
	busy: string[];
	/** What a turn says, and what is to answer it. */
	asked: (turn: Turn) => Question;
};

export function fakeGate(options: GateOptions): GatePart & AwayPart {
	const left = new Map<number, WhatLeaves>();
	const known = (): Known => ({ accounts, aliases, budgets, policy, ...options });
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
		pictures: { ownServer: "ask", cloud: "ask" },
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

	return {
		call: (number, elsewhere, text) => {
			const made = awayCall(known(), elsewhere, text);
			for (const { call, model } of made.moves) {
				// Nothing left for one that was not reached.
				if (call === null || options.down.includes(model)) continue;
				const asked = { elsewhere, text, pictures: 0, mistakes: [] };
				left.set(call, { ...leaves(known(), asked), accountId: null, asks: false });
			}
			if (made.call) {
				const question = { elsewhere: made.asked, text, pictures: 0, mistakes: [] };
				left.set(number, {
					...leaves(known(), question),
					accountId: null,
					asks: false,
					moves: made.moves,
				});
			}
			return made;
		},
		previewMessage: async (turn) => {
			return preview(known(), options.asked(turn));
		},
		whatWouldLeave: async (turn) => {
			return leaves(known(), options.asked(turn));
		},
		whatComparingLeaves: async (turn, models) => {
			const question = options.asked(turn);
			const seen = new Set<string>();
			return models.flatMap((link) => {
				if (link.type !== "account" || seen.has(link.accountId)) return [];
				seen.add(link.accountId);
				return [leaves(known(), { ...question, elsewhere: link })];
			});
		},
		foundComparing: async (turn, models) => {
			const question = options.asked(turn);
			const all = allFound(question.text, question.mistakes);
			const ids = new Set(models.flatMap((link) => ("accountId" in link ? [link.accountId] : [])));
			return accounts
				.filter(({ id }) => ids.has(id))
				.map(({ name, models: [model] }) => ({
					model: model?.id ?? "",
					account: name,
					found: all,
				}));
		},
		foundInMessage: async (turn) => {
			const question = options.asked(turn);
			const { model, account } = leaves(known(), question);
			return { model, account, found: allFound(question.text, question.mistakes) };
		},
		whatLeft: async (call) => left.get(call) ?? null,
		askingPrices: async () => askingPrices(accounts),
		listAccounts: async () => accounts,
		saveAccount: async (accountId, input) => {
			if (accountId !== null) {
				const { name, kind, baseUrl, contextTokens } = input;
				const destination = input.destination ?? "cloud";
				const server = (address: string) => new URL(address).origin;
				const before = accounts.find(({ id }) => id === accountId);
				const hasKey = before?.hasKey === true && server(before.baseUrl) === server(baseUrl);
				return change(accountId, { name, kind, baseUrl, contextTokens, destination, hasKey });
			}
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
					{
						id: "gpt-6-luna",
						name: "GPT-6 Luna",
						contextTokens: 400_000,
						chosen: true,
						passedOn: false,
					},
					{
						id: "gpt-6-sol",
						name: "GPT-6 Sol",
						contextTokens: 400_000,
						chosen: false,
						passedOn: false,
					},
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
		stopPull: async () => undefined,
		accountHealth: async () =>
			accounts
				.filter(({ models }) => models.some(({ id }) => options.down.includes(id)))
				.map(({ id }) => ({ accountId: id, failures: 3, leftOutS: 20 })),
		listAliases: async () => aliases,
		saveAlias: async (aliasId, name, chain) => {
			const made: Alias = { id: aliasId ?? id("alias"), name, chain };
			aliases = [...aliases.filter((alias) => alias.id !== made.id), made];
			return made;
		},
		removeAlias: async (aliasId) => {
			aliases = aliases.filter((alias) => alias.id !== aliasId);
		},
		listConnections: async () => ({ lines: [], next: null, kept: 20_000 }),
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
			workspaces = workspaces.some((one) => one.id === made.id)
				? workspaces.map((one) => (one.id === made.id ? made : one))
				: [...workspaces, made];
			return made;
		},
		costBudgets: async (workspace) =>
			budgets.filter(({ everywhere }) => everywhere || workspace !== null),
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
					...standing(Number(input.limit), input.warnPercent),
				},
			];
		},
		removeBudget: async (everywhere, period) => {
			budgets = budgets.filter((one) => one.everywhere !== everywhere || one.period !== period);
		},
		updatePrices: async () => ({
			added: 3,
			changed: 1,
			leftOut: "12 of other vendors, 1 malformed",
		}),
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

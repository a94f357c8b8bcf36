// What a chat costs, what nobody knows, and who answered in the end.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";

import type { FakeOptions } from "$lib/backend/fake";
import { go } from "$lib/navigation.svelte";
import { refreshAccounts, routesChanged } from "$lib/state/accounts.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { withAccount, withChain } from "../../test/account";
import { host, option, show } from "../../test/render";
import { resetChat } from "./chat.svelte";
import ChatScreen from "./ChatScreen.svelte";
import { threadView } from "./thread/read";
import { chainWords, totalWords } from "./words";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

/** A new chat that this answers, of an account that also has one without a price. */
async function open(answeredBy: string, options: FakeOptions = {}) {
	const fake = host(options);
	resetChat();
	go("chat");
	await readSettings();
	await threadView();
	const account = await withAccount(fake);
	await withChain(fake, account);
	await fake.chooseAccountModels(account.id, ["gpt-6-luna", "gpt-6-sol"]);
	await refreshAccounts();
	leave.push(watchModels(() => undefined));
	const { user } = show(ChatScreen);
	await user.click(await screen.findByRole("button", { name: /^Model:/ }));
	await user.click(await option(answeredBy));
	const ask = async (text: string) => {
		const before = screen.queryAllByRole("button", { name: "Regenerate" }).length;
		await user.type(field(), `${text}{Enter}`);
		await waitFor(() =>
			expect(screen.queryAllByRole("button", { name: "Regenerate" })).toHaveLength(before + 1),
		);
	};
	return { fake, user, account, ask };
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const answers = () => screen.getAllByRole("article", { name: "Answer" });

describe("the total in the header", () => {
	it("is the sum of all answers, to the last digit", async () => {
		const { ask } = await open("GPT-6 Luna");
		await ask("One");
		await ask("Two");
		expect(await screen.findByTitle("What this chat has cost so far")).toHaveProperty(
			"textContent",
			"$0.00018",
		);
	});

	it("says how many calls have a price that nobody knows", async () => {
		const { ask } = await open("GPT-6 Sol");
		await ask("One");
		const total = await screen.findByTitle("What this chat has cost so far");
		expect(total.textContent).toBe("1 call of unknown price");
		expect(within(answers()[0]!).getByText("price unknown")).toBeTruthy();
	});

	it("is not there where nothing was to be paid", async () => {
		const { ask } = await open("SmolLM2 135M Instruct");
		await ask("One");
		expect(screen.queryByTitle("What this chat has cost so far")).toBeNull();
	});

	it("flags what is estimated and adds what is unknown", () => {
		expect(totalWords({ known: "$0", estimated: 0, unknown: 0 })).toBeNull();
		expect(totalWords({ known: "$0.004", estimated: 0, unknown: 0 })).toBe("$0.004");
		expect(totalWords({ known: "$0.004", estimated: 1, unknown: 0 })).toBe("$0.004, estimated");
		expect(totalWords({ known: "$0.004", estimated: 1, unknown: 2 })).toBe(
			"$0.004, estimated and 2 calls of unknown price",
		);
	});
});

describe("the line under the message", () => {
	it("does not make a price up", async () => {
		const { user } = await open("GPT-6 Sol");
		await user.type(field(), "Hello");
		expect(await screen.findByText(/token.* · price unknown/)).toBeTruthy();
	});

	it("warns of a budget that is nearly used, and of one that would be passed", async () => {
		const { fake, user } = await open("GPT-6 Luna");
		const budget = (limit: string) =>
			fake.setBudget({ everywhere: true, period: "month", limit, warnPercent: 80, stops: true });
		await budget("4");
		await user.type(field(), "Hello");
		expect(await screen.findByText("budget nearly used")).toBeTruthy();
		await budget("3");
		routesChanged();
		expect(await screen.findByText("budget would be passed")).toBeTruthy();
		await budget("100");
		routesChanged();
		await waitFor(() => expect(screen.queryByText(/^budget/)).toBeNull());
	});
});

describe("an answer that is being written", () => {
	/** The colours beside the answer and in the list. */
	const dots = () =>
		["[aria-busy=true] .phase .dot", "[data-chat] .dot"].map((place) =>
			["local", "masked", "cloud"].find((route) =>
				document.querySelector(place)?.classList.contains(route),
			),
		);

	it.each([
		["SmolLM2 135M Instruct", "Hello", "local", "on this computer"],
		["GPT-6 Luna", "Hello", "cloud", "elsewhere, as written"],
		["GPT-6 Luna", "Write to anna.weiss@example.org", "masked", "elsewhere, with what was masked"],
	])(
		"by %s of “%s” is marked as %s from its first moment on",
		async (model, text, route, words) => {
			const { fake, user } = await open(model);
			fake.halt();
			await user.type(field(), `${text}{Enter}`);
			await waitFor(() => expect(dots()).toEqual([route, route]));
			expect(document.querySelector(".phase")?.textContent).toContain(words);
			fake.goOn();
			await screen.findByRole("button", { name: "Regenerate" });
		},
	);

	it("changes its mark with the model that is asked", async () => {
		const { fake, user } = await open("cheap", { down: ["gpt-6-luna"] });
		fake.halt();
		await user.type(field(), "One{Enter}");
		await screen.findByText("Asking SmolLM2 135M");
		expect(dots()).toEqual(["local", "local"]);
		fake.goOn();
		await screen.findByRole("button", { name: "Regenerate" });
	});
});

describe("an answer that moved along a chain", () => {
	it("names the chain and says why each was passed", async () => {
		const { ask } = await open("cheap", { down: ["gpt-6-luna"] });
		await ask("One");
		const [answer] = answers();
		const told = within(answer!);
		expect(told.getByText("cheap: gpt-6-luna → SmolLM2 135M, on this computer")).toBeTruthy();
		expect(told.getByText("gpt-6-luna did not answer: OpenAI cannot be reached.")).toBeTruthy();
	});

	it("shows what left for one that did not answer", async () => {
		const { ask, user } = await open("cheap", { busy: ["gpt-6-luna"] });
		await ask("Please write to anna.weiss@example.org.");
		const answer = within(answers()[0]!);
		expect(answer.queryByRole("button", { name: "See what left" }), "it stayed here").toBeNull();
		await user.click(answer.getByRole("button", { name: "See what left for gpt-6-luna" }));
		const sheet = await screen.findByRole("dialog", { name: "What left for OpenAI" });
		const received = within(sheet).getByRole("region", { name: "OpenAI received" });
		expect(received.textContent).toMatch(/^.*Please write to/);
		expect(received.textContent).not.toContain("anna.weiss");
	});

	it("says that nothing left for one that was not reached", async () => {
		const { ask, user } = await open("cheap", { down: ["gpt-6-luna"] });
		await ask("Please write to anna.weiss@example.org.");
		const answer = within(answers()[0]!);
		await user.click(answer.getByRole("button", { name: "See what left for gpt-6-luna" }));
		await waitFor(() =>
			expect(toasts.list.map(({ text }) => text).join()).toMatch(/^Nothing left/),
		);
		expect(screen.queryByRole("dialog")).toBeNull();
	});

	it("says while it waits which model is asked now", async () => {
		const { fake, user } = await open("cheap", { down: ["gpt-6-luna"] });
		fake.halt();
		await user.type(field(), "One{Enter}");
		expect(await screen.findByText("cheap: gpt-6-luna → SmolLM2 135M")).toBeTruthy();
		expect(screen.getByText("Asking SmolLM2 135M")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "Stop" }));
		fake.goOn();
		await screen.findByRole("button", { name: "Regenerate" });
	});

	it("names the chain beside its call where the first one answered", async () => {
		const { ask } = await open("cheap");
		await ask("One");
		expect(within(answers()[0]!).getByTitle("The chain of models that led to it").textContent).toBe(
			"chain cheap",
		);
		expect(screen.queryByText(/did not answer/)).toBeNull();
	});

	it("is in words only where there is something to say", () => {
		const moves = [
			{ model: "gpt-6-luna", reason: "", call: null },
			{ model: "claude-haiku-5-5", reason: "", call: null },
		];
		expect(chainWords("cheap", moves, "here")).toBe("cheap: gpt-6-luna → claude-haiku-5-5 → here");
		expect(chainWords(null, moves.slice(1), "here")).toBe("claude-haiku-5-5 → here");
		expect(chainWords(null, [], "here")).toBeNull();
	});
});

it("shows what left with an answer", async () => {
	const { ask, user } = await open("GPT-6 Luna");
	await ask("Please write to anna.weiss@example.org.");
	await user.click(within(answers()[0]!).getByRole("button", { name: "See what left" }));
	const sheet = await screen.findByRole("dialog", { name: "What left for OpenAI" });
	expect(within(sheet).getByRole("region", { name: "OpenAI received" }).textContent).not.toContain(
		"anna.weiss",
	);
	expect(within(sheet).getByText(/^GPT-6 Luna, /)).toBeTruthy();
});

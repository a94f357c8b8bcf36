// A chat that is answered by a model elsewhere: what leaves is said before, shown, and asked about.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";

import type { FakeBackend } from "$lib/backend/fake";
import { go } from "$lib/navigation.svelte";
import { refreshAccounts } from "$lib/state/accounts.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, option, show } from "../../test/render";
import { resetChat } from "./chat.svelte";
import ChatScreen from "./ChatScreen.svelte";
import { threadView } from "./thread/read";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

/** A new chat with the model of an account. */
async function open() {
	const fake = host();
	resetChat();
	go("chat");
	await readSettings();
	await threadView();
	const account = await fake.saveAccount(null, {
		kind: "open_ai",
		name: "OpenAI",
		baseUrl: "",
		destination: null,
		contextTokens: null,
	});
	await fake.testAccount(account.id);
	await refreshAccounts();
	leave.push(watchModels(() => undefined));
	const { user } = show(ChatScreen);
	await user.click(await screen.findByRole("button", { name: /^Model:/ }));
	await user.click(await option("GPT-6 Luna"));
	return { fake, user };
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const letter = "Please write to anna.weiss@example.org.";
const sent = (fake: FakeBackend) => fake.calls.filter(({ method }) => method === "sendMessage");

describe("the line under the message", () => {
	it("says for whom it leaves and how much is masked, and what it costs", async () => {
		const { user } = await open();
		await user.type(field(), letter);
		expect(await screen.findByText("Leaves for OpenAI with 1 item masked")).toBeTruthy();
		expect(screen.getByText(/token.* about \$0\.0002/)).toBeTruthy();
	});

	it("says that a secret does not leave, and why", async () => {
		const { user } = await open();
		await user.type(field(), "my password is hunter2");
		expect(await screen.findByText("Does not leave")).toBeTruthy();
		expect(screen.getByText(/another secret does not leave for OpenAI/)).toBeTruthy();
	});

	it("shows the newest answer, however late an older one comes", async () => {
		const { fake, user } = await open();
		let late: (() => void) | undefined;
		const real = fake.previewMessage;
		fake.previewMessage = async (turn) => {
			if ("text" in turn && turn.text === letter)
				await new Promise<void>((resolve) => (late = resolve));
			return real(turn);
		};
		await user.type(field(), letter);
		await waitFor(() => expect(late).toBeDefined());
		await user.clear(field());
		await user.type(field(), "Nothing to hide");
		expect(await screen.findByText("Leaves for OpenAI as written")).toBeTruthy();
		late?.();
		await waitFor(() => expect(screen.queryByText(/1 item masked/)).toBeNull());
	});
});

describe("the sheet", () => {
	it("shows what was written beside what is received, and sends nothing", async () => {
		const { fake, user } = await open();
		await user.type(field(), letter);
		await user.click(await screen.findByRole("button", { name: "See what leaves" }));
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		const wrote = within(sheet).getByRole("region", { name: "You wrote" });
		expect(wrote.textContent).toContain("anna.weiss@example.org");
		const receives = within(sheet).getByRole("region", { name: "OpenAI receives" });
		expect(receives.textContent).not.toContain("anna.weiss");
		expect(receives.textContent).toContain("[EMAIL-ADDRESS-");
		expect(within(sheet).getByRole("cell", { name: "E-mail address" })).toBeTruthy();
		// The chat's own bar counts as a second banner only where the screen stands alone.
		const faults = await accessibilityFaults();
		expect(faults.filter((fault) => !fault.startsWith("landmark"))).toEqual([]);
		expect(sent(fake)).toEqual([]);
	});

	it("lets nothing go from a new chat, whose placeholders it cannot show yet", async () => {
		const { fake, user } = await open();
		const policy = await fake.getPolicy();
		await fake.setPolicy({ ...policy, personal: { ...policy.personal, cloud: "ask" } });
		await user.type(field(), letter);
		await user.click(await screen.findByRole("button", { name: "See what leaves" }));
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		expect(within(sheet).queryByRole("button", { name: "Send masked" })).toBeNull();
		expect(within(sheet).getByText(/come with its first message/)).toBeTruthy();
	});

	it("opens by itself where policy asks, and sends what the person lets go", async () => {
		const { fake, user } = await open();
		fake.fail("sendMessage", {
			code: "review_first",
			message: "Look at what leaves for OpenAI first.",
			hint: null,
		});
		await user.type(field(), `${letter}{Enter}`);
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		expect(field().value, "nothing is lost").toBe(letter);
		fake.fail("sendMessage", null);
		await user.click(within(sheet).getByRole("button", { name: "Send masked" }));
		await waitFor(() =>
			expect(sent(fake).at(-1)?.args.slice(1, 4)).toEqual([
				letter,
				[],
				{ may_leave: ["account-1"] },
			]),
		);
	});

	it("does not say that it is masked where nothing is", async () => {
		const { fake, user } = await open();
		fake.fail("sendMessage", { code: "review_first", message: "Look first.", hint: null });
		await user.type(field(), "What is a lease?{Enter}");
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		expect(within(sheet).queryByRole("button", { name: "Send masked" })).toBeNull();
		fake.fail("sendMessage", null);
		await user.click(within(sheet).getByRole("button", { name: "Send as written" }));
		await waitFor(() => expect(sent(fake).at(-1)?.args[3]).toEqual({ may_leave: ["account-1"] }));
	});

	it("keeps it on this computer when the person says so", async () => {
		const { fake, user } = await open();
		fake.fail("sendMessage", { code: "review_first", message: "Look first.", hint: null });
		await user.type(field(), `${letter}{Enter}`);
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		fake.fail("sendMessage", null);
		await user.click(within(sheet).getByRole("button", { name: "Keep on this computer" }));
		await waitFor(() => expect(sent(fake).at(-1)?.args[3]).toBe("keep_here"));
	});

	it("lets an old question leave again, and not what is being typed", async () => {
		const { fake, user } = await open();
		await user.type(field(), `${letter}{Enter}`);
		await screen.findByRole("button", { name: "Regenerate" });
		await user.type(field(), "half written");
		fake.fail("regenerate", { code: "review_first", message: "Look first.", hint: null });
		await user.click(screen.getByRole("button", { name: "Regenerate" }));
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		const wrote = within(sheet).getByRole("region", { name: "You wrote" });
		expect(wrote.textContent, "the old question, not the draft").toContain(
			"anna.weiss@example.org",
		);
		const shown = fake.calls.findLast(({ method }) => method === "whatWouldLeave");
		const refused = fake.calls.findLast(({ method }) => method === "regenerate");
		expect(shown?.args, "the very request that waits").toEqual([
			{ type: "again", answer: refused?.args[0] },
		]);
		fake.fail("regenerate", null);
		await user.click(within(sheet).getByRole("button", { name: "Send masked" }));
		await waitFor(() => {
			const again = fake.calls.filter(({ method }) => method === "regenerate");
			expect(again.at(-1)?.args[1]).toEqual({ may_leave: ["account-1"] });
		});
		expect(sent(fake).length, "nothing else was sent").toBe(1);
	});

	it("leaves everything as it was when it is closed", async () => {
		const { fake, user } = await open();
		fake.fail("sendMessage", { code: "review_first", message: "Look first.", hint: null });
		await user.type(field(), `${letter}{Enter}`);
		await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		expect(field().value).toBe(letter);
	});
});

describe("a message that may not leave", () => {
	it("stays in the field with the reason", async () => {
		const { fake, user } = await open();
		fake.fail("sendMessage", {
			code: "budget_reached",
			message: "This call can cost $0.23, and of the budget of $0.1 for today $0.1 is left.",
			hint: "Your message is kept.",
		});
		await user.type(field(), "Hello{Enter}");
		expect(await screen.findByText("The budget would be passed")).toBeTruthy();
		expect(field().value).toBe("Hello");
	});
});

describe("what was found by mistake", () => {
	const secret = "the manual says the password is hunter2";

	it("leaves as written once a second word has said that it is no secret", async () => {
		const { fake, user } = await open();
		await user.type(field(), secret);
		await user.click(await screen.findByRole("button", { name: "See what was found" }));
		const sheet = await screen.findByRole("dialog", { name: "What was found for OpenAI" });
		const mistake = await within(sheet).findByRole("button", { name: "“hunter2” is a mistake" });
		await user.click(mistake);
		expect(within(sheet).getByRole("alert").textContent).toContain("really no secret?");
		const cancel = within(sheet).getByRole("button", { name: "Cancel" });
		expect(document.activeElement, "Enter alone lets nothing leave").toBe(cancel);
		expect(Element.prototype.scrollIntoView, "and it is in view").toHaveBeenCalled();
		await user.keyboard("{Enter}");
		expect(within(sheet).queryByRole("alert")).toBeNull();
		const again = within(sheet).getByRole("button", { name: "“hunter2” is a mistake" });
		expect(document.activeElement).toBe(again);
		await user.keyboard("{Enter}");
		const overruled = () => fake.calls.filter(({ method }) => method === "overruleFinding");
		expect(overruled(), "one word is not enough").toEqual([]);
		await user.click(within(sheet).getByRole("button", { name: "It is no secret" }));
		expect(await within(sheet).findByRole("button", { name: "Find “hunter2” again" })).toBeTruthy();
		const faults = await accessibilityFaults();
		expect(faults.filter((fault) => !fault.startsWith("landmark"))).toEqual([]);
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		expect(await screen.findByText("Leaves for OpenAI as written")).toBeTruthy();
		await user.type(field(), "{Enter}");
		await waitFor(() => expect(sent(fake).length).toBe(1));
		const kept = overruled().at(-1)?.args;
		expect(kept?.slice(1), "the conversation keeps what the new chat was told").toEqual([
			{ kind: "PASSWORD", text: "hunter2" },
			true,
		]);
		expect(kept?.[0]).toMatchObject({ type: "say", text: secret });
	});

	it("is found again when that is taken back", async () => {
		const { user } = await open();
		await user.type(field(), letter);
		await user.click(await screen.findByRole("button", { name: "See what leaves" }));
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		await user.click(
			within(sheet).getByRole("button", { name: "“anna.weiss@example.org” is a mistake" }),
		);
		await user.click(
			await within(sheet).findByRole("button", { name: "Find “anna.weiss@example.org” again" }),
		);
		expect(
			await within(sheet).findByRole("button", { name: "“anna.weiss@example.org” is a mistake" }),
		).toBeTruthy();
	});
});

describe("several models", () => {
	it("answer one question, each in a version of its own", async () => {
		const { fake, user } = await open();
		await user.type(field(), "What is a lease?");
		await user.click(screen.getByRole("button", { name: "Ask several models" }));
		const dialog = await screen.findByRole("dialog", { name: "Ask several models" });
		expect(
			within(dialog).getByRole<HTMLButtonElement>("button", { name: "Ask" }).disabled,
			"one model is no comparison",
		).toBe(true);
		await user.click(within(dialog).getByRole("checkbox", { name: /^SmolLM2 135M/ }));
		const faults = await accessibilityFaults();
		expect(faults.filter((fault) => !fault.startsWith("landmark"))).toEqual([]);
		await user.click(within(dialog).getByRole("button", { name: "Ask 2 models" }));
		await screen.findByRole("button", { name: "Regenerate" });
		const asked = fake.calls.findLast(({ method }) => method === "compareModels");
		expect(asked?.args[1]).toBe("What is a lease?");
		expect(asked?.args[3]).toMatchObject([
			{ type: "account", model: "gpt-6-luna" },
			{ type: "local" },
		]);
		const versions = await screen.findByRole("group", { name: "Versions" });
		expect(versions.textContent, "two versions of one answer").toContain("2/2");
		expect(field().value).toBe("");
	});

	/** A comparison with a second account that policy holds back, where the chat's own model is here. */
	async function compareLetter() {
		const { fake, user } = await open();
		const second = await fake.saveAccount(null, {
			kind: "anthropic",
			name: "Anthropic",
			baseUrl: "",
			destination: null,
			contextTokens: null,
		});
		await fake.testAccount(second.id);
		await refreshAccounts();
		const policy = await fake.getPolicy();
		await fake.setPolicy({ ...policy, personal: { ...policy.personal, cloud: "ask" } });
		await user.click(await screen.findByRole("button", { name: /^Model:/ }));
		await user.click(await option("SmolLM2 135M Instruct"));
		await user.type(field(), letter);
		fake.fail("compareModels", { code: "review_first", message: "Look first.", hint: null });
		return { fake, user };
	}

	/** Chooses what to ask together: the model of the chat is chosen already. */
	async function ask(user: UserEvent, { withHere = false } = {}) {
		await user.click(screen.getByRole("button", { name: "Ask several models" }));
		const dialog = await screen.findByRole("dialog", { name: "Ask several models" });
		if (!withHere)
			await user.click(within(dialog).getByRole("checkbox", { name: /^SmolLM2 135M/ }));
		for (const name of ["OpenAI", "Anthropic"]) {
			const group = within(dialog).getByRole("group", { name });
			await user.click(within(group).getByRole("checkbox", { name: /^GPT-6 Luna/ }));
		}
		await user.click(within(dialog).getByRole("button", { name: /^Ask . models/ }));
	}

	const compared = (fake: FakeBackend) =>
		fake.calls.filter(({ method }) => method === "compareModels");
	const sheetFor = (account: string) =>
		screen.findByRole("dialog", { name: `What leaves for ${account}` });
	const say = async (user: UserEvent, account: string, name: string) =>
		user.click(within(await sheetFor(account)).getByRole("button", { name }));

	it("are asked about account by account, and only those that it was let go for get it", async () => {
		const { fake, user } = await compareLetter();
		await ask(user);
		const receives = within(await sheetFor("OpenAI")).getByRole("region", {
			name: "OpenAI receives",
		});
		expect(receives.textContent).toContain("[EMAIL-ADDRESS-");
		fake.fail("compareModels", null);
		await say(user, "OpenAI", "Send masked");
		await sheetFor("Anthropic");
		expect(compared(fake).length, "nothing leaves before all were asked about").toBe(1);
		await say(user, "Anthropic", "Not for Anthropic");
		await waitFor(() => expect(compared(fake).length).toBe(2));
		expect(compared(fake)[1]?.args.slice(1, 5)).toMatchObject([
			letter,
			[],
			[
				{ accountId: "account-1", model: "gpt-6-luna" },
				{ accountId: "account-2", model: "gpt-6-luna" },
			],
			{ may_leave: ["account-1"] },
		]);
	});

	it("are not asked at all where it was let go for nobody, unless one of them is here", async () => {
		const { fake, user } = await compareLetter();
		await ask(user);
		await say(user, "OpenAI", "Not for OpenAI");
		await say(user, "Anthropic", "Not for Anthropic");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		expect(compared(fake).length, "nobody is left to ask").toBe(1);
		expect(field().value).toBe(letter);

		await ask(user, { withHere: true });
		await say(user, "OpenAI", "Not for OpenAI");
		fake.fail("compareModels", null);
		await say(user, "Anthropic", "Not for Anthropic");
		await waitFor(() => expect(compared(fake).length).toBe(3));
		expect(compared(fake)[2]?.args[4]).toEqual({ may_leave: [] });
	});

	it("are shown again once something in it is called a mistake, as other words would leave", async () => {
		const { fake, user } = await compareLetter();
		await user.type(field(), " And to bob@example.org.");
		await ask(user);
		await say(user, "OpenAI", "Send masked");
		await say(user, "Anthropic", "“bob@example.org” is a mistake");
		const found = within(await sheetFor("Anthropic"));
		await found.findByRole("button", { name: "Find “bob@example.org” again" });
		await say(user, "Anthropic", "Send masked");
		await sheetFor("OpenAI");
		expect(compared(fake).length, "what was let go for OpenAI was another text").toBe(1);
	});

	it("that get it without being asked about are named where others are asked about", async () => {
		const { fake, user } = await compareLetter();
		const shown = fake.whatComparingLeaves;
		fake.whatComparingLeaves = async (turn, models) =>
			(await shown(turn, models)).map((one) => ({ ...one, asks: one.account === "OpenAI" }));
		await ask(user);
		const sheet = await sheetFor("OpenAI");
		expect(sheet.textContent.replace(/\s+/g, " ")).toContain(
			"Anthropic gets it, too, masked: policy does not ask about what leaves there.",
		);
	});

	it("of which one may not have it show what was found for each, and not for the chat's own", async () => {
		const { fake, user } = await compareLetter();
		fake.fail("compareModels", { code: "not_allowed", message: "It stays here.", hint: null });
		await ask(user);
		await user.click(await screen.findByRole("button", { name: "See what was found" }));
		const found = within(await screen.findByRole("dialog", { name: "What was found" }));
		const of = async (account: string) =>
			within(await found.findByRole("table", { name: `What was found for ${account}` }));
		await of("OpenAI");
		await user.click(
			(await of("Anthropic")).getByRole("button", {
				name: "“anna.weiss@example.org” is a mistake",
			}),
		);
		expect(
			await (
				await of("OpenAI")
			).findByRole("button", {
				name: "Find “anna.weiss@example.org” again",
			}),
			"it is one for all of them",
		).toBeTruthy();
		const asked = fake.calls.filter(({ method }) => method === "foundComparing");
		expect(asked.at(-1)?.args[1]).toMatchObject([
			{ accountId: "account-1", model: "gpt-6-luna" },
			{ accountId: "account-2", model: "gpt-6-luna" },
		]);
	});

	it("of which one finds nothing say so in place of an empty table", async () => {
		const { fake, user } = await compareLetter();
		const found = fake.foundComparing;
		fake.foundComparing = async (turn, models) =>
			(await found(turn, models)).map((one) =>
				one.account === "OpenAI" ? { ...one, found: [] } : one,
			);
		fake.fail("compareModels", { code: "not_allowed", message: "It stays here.", hint: null });
		await ask(user);
		await user.click(await screen.findByRole("button", { name: "See what was found" }));
		const sheet = within(await screen.findByRole("dialog", { name: "What was found" }));
		await sheet.findByRole("table", { name: "What was found for Anthropic" });
		expect(sheet.getByText("Nothing was found in the text.")).toBeTruthy();
		expect(sheet.queryByRole("table", { name: "What was found for OpenAI" })).toBeNull();
	});

	it("whose key is refused lead to the accounts, not to that of the chat's own model", async () => {
		const { fake, user } = await open();
		fake.fail("compareModels", { code: "key_wrong", message: "The key is refused.", hint: null });
		await user.type(field(), letter);
		await user.click(screen.getByRole("button", { name: "Ask several models" }));
		const dialog = await screen.findByRole("dialog", { name: "Ask several models" });
		await user.click(within(dialog).getByRole("checkbox", { name: /^SmolLM2 135M/ }));
		await user.click(within(dialog).getByRole("button", { name: "Ask 2 models" }));
		expect(await screen.findByRole("button", { name: "Open the accounts" })).toBeTruthy();
	});
});

// Questions and answers, and what a person does with them.

import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { allActions, isEnabled, runAction } from "$lib/actions";
import { changeSettings } from "$lib/state/settings.svelte";

import {
	answers,
	ask,
	button,
	edited,
	message,
	open,
	openChat,
	questions,
	user,
} from "../../../test/chat";

describe("answers", () => {
	it("say model, tokens, speed, first token, cost and call", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const text = answers()[0]?.textContent?.replace(/\s+/g, " ");
		expect(text).toMatch(
			/on this computer.* in · .* out.*tok\/s.*first token 0.21 s.*\$0.*call 4,/,
		);
	});

	it("say that the time to the first token may hold a load of the model", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const [first] = screen.getAllByText(/^first token/);
		expect(first?.title).toContain("with loading the model if it was not in memory");
		expect(first?.title, "the whole time is still told").toContain("Took ");
	});

	it("can be regenerated, and the version before comes back", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const before = answers()[0]?.textContent;
		await user.click(button("Regenerate"));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
		await waitFor(() => expect(button("Previous version")).toHaveProperty("disabled", false));
		await user.click(button("Previous version"));
		await waitFor(() => expect(screen.getByText("1/2")).toBeTruthy());
		expect(answers()[0]?.textContent).toContain(before?.slice(0, 40));
	});

	it("can be rated, and the rating taken back", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Good answer"));
		await waitFor(() => expect(button("Good answer").getAttribute("aria-pressed")).toBe("true"));
		await user.click(button("Good answer"));
		await waitFor(() => expect(button("Good answer").getAttribute("aria-pressed")).toBe("false"));
		const ratings = backend.calls.filter(({ method }) => method === "rateMessage");
		expect(ratings.map(({ args }) => args[1])).toEqual(["good", null]);
	});

	it("are copied as they were written", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const answer = answers()[0];
		await user.click(within(answer as HTMLElement).getByRole("button", { name: "Copy" }));
		expect(await navigator.clipboard.readText()).toMatch(/^The boiler is serviced/);
	});

	it("that fail keep what was streamed, say why, and can be tried again", async () => {
		const answerError = {
			code: "engine_died",
			message: "It ended (signal 9).",
			hint: null,
		} as const;
		await open({ empty: true, answerError });
		await ask("Hello");
		const alert = await screen.findByRole("alert");
		expect(alert.textContent).toContain("It ended (signal 9).");
		expect(answers()[0]?.textContent).toContain("Here is a short comparison");
		await user.click(within(alert).getByRole("button", { name: "Try again" }));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
	});

	it("stop by Escape and by Stop, and keep what was written", async () => {
		const backend = await open({ empty: true });
		backend.halt();
		await ask("Hello");
		backend.goOn(6);
		await waitFor(() => expect(answers()[0]?.textContent).toContain("Writing"));
		expect(button("Stop")).toBeTruthy();
		await user.keyboard("{Escape}");
		backend.goOn();
		await waitFor(() => expect(answers()[0]?.textContent).toContain("Stopped."));
		expect(answers()[0]?.textContent).toContain("Here is");
		expect(button("Send")).toBeTruthy();
	});

	it("are announced once they have ended, not while they are written", async () => {
		await open({ empty: true });
		await ask("Hello");
		await waitFor(() => {
			const live = document.querySelector("[aria-live=polite]");
			expect(live?.textContent).toMatch(/^Answer: Here is a short comparison/);
		});
		expect(answers()[0]?.closest("[aria-live]")).toBeNull();
	});

	it("go on while another chat is shown", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		backend.halt();
		await ask("Go on");
		await waitFor(() => expect(button("Stop")).toBeTruthy());
		await openChat(/^Reply to the landlord/);
		expect(button("Send")).toBeTruthy();
		await openChat(/^Summarise the inspection report/);
		await waitFor(() => expect(answers()).toHaveLength(2));
		backend.goOn();
		await waitFor(() => expect(answers()[1]?.textContent).toContain("the law's own page"));
	});
});

describe("questions", () => {
	it("are edited into another version", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		const field = await screen.findByRole("textbox", { name: "Edit message" });
		await waitFor(() => expect(document.activeElement).toBe(field));
		await user.clear(field);
		await user.type(field, "Shorter please{Enter}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Shorter please"));
		expect(within(questions()[0] as HTMLElement).getByText("2/2")).toBeTruthy();
	});

	it("stay in their field when the host refuses another wording, and can be asked again", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.clear(edited());
		backend.fail("editMessage", { code: "busy", message: "Answered elsewhere.", hint: null });
		await user.type(edited(), "Shorter please{Enter}");
		expect((await screen.findByRole("alert")).textContent).toContain("Answered elsewhere.");
		expect(edited().value).toBe("Shorter please");
		backend.fail("editMessage", null);
		await user.type(edited(), "{Enter}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Shorter please"));
		await waitFor(() => expect(button("Previous version")).toHaveProperty("disabled", false));
		await user.click(within(questions()[0] as HTMLElement).getByLabelText("Previous version"));
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Summarise: the boiler"));
		expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
	});

	it("keep another wording while other chats are looked at, each its own", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.type(edited(), " And the roof?");
		// More of them than are kept in memory for nothing.
		for (const other of [/^Reply/, /^Rent review/, /^Hello/, /^Table of/, /^Notice/, /^Reply/]) {
			await openChat(other);
			expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
		}
		await openChat(/^Summarise the inspection report/);
		expect(edited().value).toMatch(/cellar is dry\. And the roof\?$/);
		expect(document.activeElement, "coming back is no wish to type").not.toBe(edited());
	});

	it("are asked anew with the key that sends messages", async () => {
		await open();
		await changeSettings({ sendKey: "ctrl_enter" });
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.clear(edited());
		await user.type(edited(), "one{Enter}two");
		expect(edited().value).toBe("one\ntwo");
		await user.keyboard("{Control>}{Enter}{/Control}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("one\ntwo"));
		await changeSettings({ sendKey: "enter" });
	});

	it("open for editing with the up arrow in an empty composer", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(message());
		await user.keyboard("{ArrowUp}");
		expect(await screen.findByRole("textbox", { name: "Edit message" })).toBeTruthy();
		await user.keyboard("{Escape}");
		expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
		expect(document.activeElement).toBe(message());
	});
});

describe("what the palette offers for a chat", () => {
	const offered = () =>
		allActions()
			.filter((action) => action.group === "Message" && isEnabled(action))
			.map(({ title }) => title);

	it("edits the last question, with the focus in its field", async () => {
		await open();
		await openChat(/^Notice period/);
		runAction("message.edit");
		await waitFor(() => expect(document.activeElement).toBe(edited()));
		expect(edited().value).toContain("two-line reminder");
	});

	it("rates the last answer, and offers to take that back only then", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		expect(offered()).not.toContain("Take back the rating of the last answer");
		runAction("message.rate.bad");
		await waitFor(() => expect(button("Bad answer").getAttribute("aria-pressed")).toBe("true"));
		expect(offered()).toContain("Rate the last answer as good");
		expect(offered()).not.toContain("Rate the last answer as bad");
		runAction("message.rate.none");
		await waitFor(() => expect(button("Bad answer").getAttribute("aria-pressed")).toBe("false"));
	});

	it("switches between the versions there are", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		expect(offered().join()).not.toContain("version of the last");
		runAction("message.regenerate");
		await waitFor(() => expect(offered()).toContain("Previous version of the last answer"));
		runAction("message.answer.previous");
		await waitFor(() => expect(screen.getByText("1/2")).toBeTruthy());
		expect(offered()).not.toContain("Previous version of the last answer");
		runAction("message.answer.next");
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
	});
});

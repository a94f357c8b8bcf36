import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { FakeOptions } from "$lib/backend/fake";
import { go, place } from "$lib/navigation.svelte";
import { erasing, forgetErasing } from "$lib/state/erasing.svelte";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { testDay } from "../../../test/day";
import { host, show } from "../../../test/render";
import { showPart } from "../part.svelte";
import PrivacyScreen from "../PrivacyScreen.svelte";
import { person } from "./person.svelte";
import { groupPlaces } from "./places";
import { identifiersIn, standingOf } from "./request";
import { readRequests } from "./requests.svelte";

async function open(options: FakeOptions = {}) {
	const fake = host(options);
	// What the test before had read is not shown meanwhile.
	await readRequests();
	const shown = show(PrivacyScreen);
	await screen.findByRole("region", { name: "Requests" });
	return { fake, ...shown };
}

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const openList = () => screen.findByRole("list", { name: "Open requests" });
const finder = () => screen.getByRole("textbox", { name: "What they go by" });

async function find(user: ReturnType<typeof show>["user"], text: string) {
	await user.type(finder(), text);
	await user.click(button("Find"));
	return screen.findByRole("region", { name: "What is kept about them" });
}

beforeEach(() => {
	person.forget();
	forgetErasing();
	showPart("requests");
	for (const { id } of toasts.list) dismissToast(id);
});

describe("the register", () => {
	it("says of each request who asks, for what, and how long there is left", async () => {
		await open();
		const [first, second] = within(await openList()).getAllByRole("listitem");
		expect(first?.textContent.replace(/\s+/g, " ")).toMatch(
			/Request 3 Due in 4 days Anna, anna\.brandt@example\.org Erasure.*Received 1 November 2026, answer due 1 December 2026/,
		);
		expect(second?.textContent).toMatch(/Request 2.*Open.*\+44 20 7946 0018/s);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("marks its tab while an answer is due soon", async () => {
		await open();
		expect(await screen.findByRole("tab", { name: "Requests 1 due" })).toBeTruthy();
	});

	it("teaches what it is for while it is empty", async () => {
		await open({ empty: true });
		expect(await screen.findByText(/the answer is due one month after it came in/)).toBeTruthy();
	});

	it("says when it can't be read, and reads it again", async () => {
		const { fake, user } = await open();
		fake.fail("listRequests", { code: "data_unusable", message: "Disk I/O error", hint: null });
		await user.click(screen.getByRole("tab", { name: "Storage" }));
		await user.click(screen.getByRole("tab", { name: /^Requests/ }));
		expect((await screen.findByRole("alert")).textContent).toMatch(/Disk I\/O error/);
		fake.fail("listRequests", null);
		await user.click(button("Try again"));
		await openList();
	});

	it("takes a new request with a line for each identifier", async () => {
		const { fake, user } = await open({ empty: true });
		await user.click(button("Note a request"));
		const dialog = await screen.findByRole("dialog", { name: "Note a request" });
		const save = within(dialog).getByRole("button", { name: "Note the request" });
		expect(save, "nobody is named yet").toHaveProperty("disabled", true);
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(within(dialog).getByRole("radio", { name: "Erasure" }));
		await user.type(
			within(dialog).getByRole("textbox", { name: "Who it is" }),
			"Anna Brandt\n\n anna@example.org \nAnna Brandt",
		);
		await user.click(save);
		expect(within(await openList()).getByText("Anna Brandt, anna@example.org")).toBeTruthy();
		const asked = fake.calls.find(({ method }) => method === "openRequest")?.args[0];
		expect(asked).toMatchObject({
			kind: "erasure",
			identifiers: ["Anna Brandt", "anna@example.org"],
			receivedAtMs: new Date(2026, 10, 27).getTime(),
		});
	});

	it("takes no day that is yet to come", async () => {
		const { user } = await open({ empty: true });
		await user.click(button("Note a request"));
		const dialog = await screen.findByRole("dialog", { name: "Note a request" });
		await user.type(within(dialog).getByRole("textbox", { name: "Who it is" }), "Anna");
		const day = within(dialog).getByRole("spinbutton", { name: /day/i });
		day.focus();
		await user.keyboard("{ArrowUp}");
		expect(await within(dialog).findByText("This day is yet to come.")).toBeTruthy();
		const save = within(dialog).getByRole("button", { name: "Note the request" });
		expect(save).toHaveProperty("disabled", true);
		await user.keyboard("{ArrowDown}");
		await waitFor(() => expect(save).toHaveProperty("disabled", false));
	});

	it("keeps what was typed where the host refuses it", async () => {
		const { fake, user } = await open({ empty: true });
		const message = "The note is longer than 2,000 letters.";
		fake.fail("openRequest", { code: "invalid_input", message, hint: null });
		await user.click(button("Note a request"));
		const dialog = await screen.findByRole("dialog", { name: "Note a request" });
		const who = within(dialog).getByRole<HTMLTextAreaElement>("textbox", { name: "Who it is" });
		await user.type(who, "Anna");
		await user.click(within(dialog).getByRole("button", { name: "Note the request" }));
		expect((await within(dialog).findByRole("alert")).textContent).toContain(message);
		expect(who.value).toBe("Anna");
	});

	it("closes a request, and keeps of it only that there was one", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("button", { name: "Close request 2" }));
		const dialog = await screen.findByRole("alertdialog", { name: "Close request 2?" });
		expect(dialog.textContent).toMatch(/Who asked and the note are destroyed/);
		await user.click(within(dialog).getByRole("radio", { name: "Refused" }));
		await user.click(within(dialog).getByRole("button", { name: "Close the request" }));
		await waitFor(async () => expect((await openList()).children).toHaveLength(1));
		expect(fake.calls.find(({ method }) => method === "closeRequest")?.args).toEqual([
			2,
			"refused",
		]);
		const closed = screen.getByRole("list", { name: "Closed requests", hidden: true });
		expect(closed.textContent).toMatch(/Request 2.*Refused/s);
		expect(closed.textContent).not.toContain("7946");
	});
});

describe("a person", () => {
	it("is found in titles and messages of each chat, and outside of chats, with what is around", async () => {
		const { user } = await open();
		const found = await find(user, "Larkspur");
		expect(within(found).getByRole("status").textContent).toMatch(/\d places, 1 chat/);
		const chat = within(found).getByRole("region", { name: /Larkspur/ });
		expect(chat.textContent).toMatch(/Title/);
		expect(within(chat).getAllByText("Larkspur", { selector: "mark" }).length).toBeGreaterThan(0);
		const others = within(found).getByRole("region", { name: "Outside of chats" });
		expect(others.textContent).toMatch(/Own rule, Clients/);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("that stands nowhere is said of each identifier, with nothing to export or erase", async () => {
		const { user } = await open();
		const found = await find(user, "Zebedee\nzeb@example.org");
		const looked = within(found).getByRole("list", { name: "What was looked for" });
		expect(looked.textContent).toMatch(/Zebedee.*not found.*zeb@example\.org.*not found/s);
		expect(within(found).getByText("Nothing was found")).toBeTruthy();
		expect(within(found).queryByRole("button", { name: "Erase…" })).toBeNull();
	});

	it("is said to be in snapshots, too, and perhaps in what cannot be read or searched", async () => {
		const { fake, user } = await open();
		vi.spyOn(fake, "findPerson").mockResolvedValue({
			identifiers: [{ text: "Anna", kind: "words", count: 0 }],
			places: [],
			total: 0,
			unreadable: 1,
			snapshots: 2,
			pictures: 3,
		});
		const found = await find(user, "Anna");
		expect(found.textContent.replace(/\s+/g, " ")).toMatch(
			/2 snapshots or backups have them, too, .* 1 thing that is sealed cannot be read.* 3 pictures in chats were not searched/,
		);
		expect(within(found).getByRole("button", { name: "Erase…" })).toBeTruthy();
	});

	it("leads to the message", async () => {
		const { user } = await open();
		const found = await find(user, "cold");
		await user.click(within(found).getAllByRole("button", { name: "Show the message" })[0]!);
		expect(place.screen).toBe("chat");
		expect(place.messageId).toMatch(/^message-/);
	});

	it("is exported to read and as data, by what was found and not by what is typed since", async () => {
		const { fake, user } = await open();
		const found = await find(user, "Anna");
		await user.type(finder(), "x");
		await user.click(within(found).getByRole("button", { name: "Export to read…" }));
		await waitFor(() => expect(toasts.list[0]?.text).toMatch(/gatehouse-person\.html/));
		await user.click(within(found).getByRole("button", { name: "Export as data…" }));
		await waitFor(() => {
			const asked = fake.calls.filter(({ method }) => method === "exportPerson");
			expect(asked.map(({ args }) => args)).toEqual([
				[["Anna"], "html"],
				[["Anna"], "json"],
			]);
		});
	});

	it("of a request is looked for with one press, and erasing then answers that request", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("button", { name: "Find the person of request 3" }));
		const found = await screen.findByRole("region", { name: "What is kept about them" });
		expect(screen.getByText("For request 3")).toBeTruthy();
		await user.click(within(found).getByRole("button", { name: "Erase…" }));
		expect(erasing.asked).toMatchObject({
			erasure: { type: "person", identifiers: ["Anna", "anna.brandt@example.org"] },
			request: 3,
		});
	});

	it("is still shown after a look at another screen, and forgotten when cleared", async () => {
		const { user, unmount } = await open();
		await find(user, "Anna");
		unmount();
		go("chat");
		show(PrivacyScreen);
		const found = await screen.findByRole("region", { name: "What is kept about them" });
		await user.click(within(found).getByRole("button", { name: "Clear" }));
		expect(screen.queryByRole("region", { name: "What is kept about them" })).toBeNull();
		expect(finder()).toHaveProperty("value", "");
		expect(document.activeElement).toBe(finder());
	});

	it("that cannot be looked for says why", async () => {
		const { fake, user } = await open();
		const message = "“ab” is too short to look for.";
		fake.fail("findPerson", { code: "invalid_input", message, hint: null });
		await user.type(finder(), "ab");
		await user.click(button("Find"));
		expect((await screen.findByRole("alert")).textContent).toContain(message);
	});
});

describe("how long there is left", () => {
	const day = 86_400_000;
	const request = {
		number: 1,
		kind: "access" as const,
		identifiers: [],
		note: "",
		receivedAtMs: testDay - 20 * day,
		dueAtMs: testDay,
		state: "open" as const,
		closedAtMs: null,
	};

	it.each([
		[testDay - 8 * day, "Open"],
		[testDay - 7 * day, "Due in 7 days"],
		[testDay - day, "Due in 1 day"],
		[testDay - 1, "Due in 1 day"],
		[testDay + 1, "Overdue by 1 day"],
		[testDay + 3 * day, "Overdue by 3 days"],
	])("is said in whole days", (now, words) => {
		expect(standingOf(request, now).words).toBe(words);
	});

	it("is said of no closed request", () => {
		expect(standingOf({ ...request, state: "done" }, testDay + day).words).toBe("Answered");
	});
});

it("identifiers are taken one a line, once each", () => {
	expect(identifiersIn(" Anna \n\nanna@x.org\nAnna")).toEqual(["Anna", "anna@x.org"]);
});

it("places outside of chats come last, whatever the order they were found in", () => {
	const at = (conversationId: string | null, name: string | null) => ({
		kind: "message" as const,
		conversationId,
		messageId: null,
		name,
		workspace: null,
		atMs: null,
		context: [],
		count: 1,
	});
	const groups = groupPlaces([at(null, "Rule"), at("b", null), at("a", "A"), at("b", null)]);
	expect(groups.map(({ name, places }) => [name, places.length])).toEqual([
		["A chat without a title", 2],
		["A", 1],
		["Outside of chats", 1],
	]);
});

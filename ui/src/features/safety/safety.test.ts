import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";

import type { Policy } from "$lib/backend";
import { accounts } from "$lib/state/accounts.svelte";
import { readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, option, show } from "../../test/render";
import SafetyScreen from "./SafetyScreen.svelte";

afterEach(cleanup);

async function open() {
	const fake = host();
	await readSettings();
	const { user } = show(SafetyScreen);
	await screen.findByRole("table", { name: "What may leave for where" });
	return { fake, user };
}

describe("the policy", () => {
	const cell = (name: RegExp) => screen.findByRole("combobox", { name });

	it("is kept at once, the other cells as they were, and every line is asked for again", async () => {
		const { fake, user } = await open();
		const before: Policy = await fake.getPolicy();
		const version = accounts.version;
		(await cell(/^Personal data, Cloud/)).focus();
		await user.keyboard("{Enter}");
		await user.click(await option("You are asked"));
		await waitFor(async () =>
			expect((await cell(/^Personal data, Cloud/)).getAttribute("aria-label")).toContain(
				"You are asked",
			),
		);
		expect(await fake.getPolicy()).toEqual({
			...before,
			personal: { ...before.personal, cloud: "ask" },
		});
		expect(accounts.version).toBeGreaterThan(version);
	});

	it("offers no way for a secret to leave as it is", async () => {
		const { user } = await open();
		(await cell(/^Secrets, Cloud/)).focus();
		await user.keyboard("{Enter}");
		await option("Taken out");
		const offered = [...document.querySelectorAll("[role=option]")].map((one) =>
			one.textContent.trim(),
		);
		expect(offered).toEqual(["Taken out", "You are asked", "Stays here", "Blocked"]);
	});

	it("shows what still holds when the host refuses", async () => {
		const { fake, user } = await open();
		fake.fail("setPolicy", { code: "disk_full", message: "No space left.", hint: null });
		(await cell(/^Personal data, Cloud/)).focus();
		await user.keyboard("{Enter}");
		await user.click(await option("Blocked"));
		await waitFor(() =>
			expect(toasts.list.map((toast) => toast.text).join()).toContain("No space left."),
		);
		expect((await cell(/^Personal data, Cloud/)).getAttribute("aria-label")).toContain("Masked");
	});
});

describe("an own rule", () => {
	const form = () => within(screen.getByRole("form", { name: "Rule" }));

	async function write(user: Awaited<ReturnType<typeof open>>["user"]) {
		await user.click(screen.getByRole("button", { name: "Add a rule" }));
		await screen.findByRole("form", { name: "Rule" });
		await user.type(form().getByRole("textbox", { name: "Name" }), "Case number");
		await user.type(form().getByRole("textbox", { name: "Words, one a line" }), "LK-2291/26");
	}

	it("shows what it finds while it is being written", async () => {
		const { user } = await open();
		await write(user);
		expect(await form().findByText("1 match")).toBeTruthy();
		expect(form().getByLabelText("What the rule finds").querySelector("mark")?.textContent).toBe(
			"LK-2291/26",
		);
		await user.clear(form().getByRole("textbox", { name: "Try it on" }));
		expect(await form().findByText("0 matches")).toBeTruthy();
	});

	it("is kept, switched off and removed", async () => {
		const { fake, user } = await open();
		await write(user);
		await form().findByText("1 match");
		await user.click(form().getByRole("button", { name: "Save the rule" }));
		const use = await screen.findByRole("switch", { name: "Use Case number" });
		await user.click(use);
		await waitFor(async () => expect((await fake.listOwnRules())[0]?.isOn).toBe(false));
		await user.click(screen.getByRole("button", { name: "Remove" }));
		expect(await screen.findByText("No rule of your own yet.")).toBeTruthy();
		expect(await fake.listOwnRules()).toEqual([]);
	});

	it("that cannot be one is said why, and not kept", async () => {
		const { fake, user } = await open();
		fake.fail("tryOwnRule", {
			code: "invalid_input",
			message: "The pattern has an open bracket.",
			hint: null,
		});
		await write(user);
		expect((await form().findByRole("alert")).textContent).toBe("The pattern has an open bracket.");
		expect(form().getByRole("button", { name: "Save the rule" })).toHaveProperty("disabled", true);
	});
});

it("shows what is found in a text, and what would become of it", async () => {
	const { user } = await open();
	await user.type(
		screen.getByRole("textbox", { name: "A text to look at" }),
		"Write to anna.weiss@example.org",
	);
	expect(await screen.findByText("1 thing was found.")).toBeTruthy();
	const sent = screen.getByRole("region", { name: "As it would leave for the cloud" });
	expect(sent.textContent).toContain("[EMAIL-ADDRESS-");
	expect(sent.textContent).not.toContain("anna.weiss");
});

it("shows a value that stands in a text twice once for each place", async () => {
	const { user } = await open();
	await user.type(
		screen.getByRole("textbox", { name: "A text to look at" }),
		"Write to anna.weiss@example.org, not to anna.weiss@example.org",
	);
	const table = await screen.findByRole("table", { name: "What was found" });
	expect(within(table).getAllByRole("cell", { name: "anna.weiss@example.org" })).toHaveLength(2);
});

it("has no fault that an accessibility checker finds", async () => {
	await open();
	await screen.findByRole("table", { name: "Recall and precision of each type" });
	expect(await accessibilityFaults()).toEqual([]);
});

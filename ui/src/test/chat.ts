// The chat screen on a fake host, as a person has it before them.

import "./layout";

import { cleanup, render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach } from "vitest";

import { runShortcut } from "$lib/actions";
import { useBackend } from "$lib/backend";
import { fakeBackend, type FakeBackend, type FakeOptions } from "$lib/backend/fake";
import { formulasReady } from "$lib/markdown/formula";
import { go } from "$lib/navigation.svelte";
import { forgetLink } from "$lib/state/links.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { resetChat } from "../features/chat/chat.svelte";
import ChatScreen from "../features/chat/ChatScreen.svelte";
import { threadView } from "../features/chat/thread/read";
// Read when a button is pressed; to read them takes long where they are also compiled.
import "../features/chat/options/OptionsPanel.svelte";
import "../features/picker/PickerDialog.svelte";

// Patient: a machine that also builds takes its time.

const leave: (() => void)[] = [];

/** The screen on a host of its own, with a new chat. */
export async function open(options: FakeOptions = {}): Promise<FakeBackend> {
	const backend = fakeBackend(options);
	useBackend(backend);
	resetChat();
	go("chat");
	await readSettings();
	await formulasReady();
	// Read after the first frame; to read it takes long where it is also compiled.
	await threadView();
	leave.push(watchModels(() => undefined));
	window.addEventListener("keydown", runShortcut);
	leave.push(() => window.removeEventListener("keydown", runShortcut));
	render(ChatScreen);
	await screen.findByRole("button", { name: /^Model: (?!none)|^Model: none/ });
	return backend;
}

export const user = userEvent.setup();
export const message = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
export const button = (name: string | RegExp) => screen.getByRole("button", { name });
export const edited = () =>
	screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Edit message" });
export const answers = () => screen.queryAllByRole("article", { name: "Answer" });
export const questions = () => screen.queryAllByRole("article", { name: "Your message" });

export async function openChat(title: RegExp): Promise<void> {
	const list = await screen.findByRole("navigation", { name: "Chats" });
	await user.click(await within(list).findByRole("button", { name: title }));
	await screen.findAllByRole("article");
}

export async function ask(text: string): Promise<void> {
	await user.type(message(), text);
	await user.keyboard("{Enter}");
}

afterEach(() => {
	for (const stop of leave.splice(0)) stop();
	cleanup();
	forgetLink();
});

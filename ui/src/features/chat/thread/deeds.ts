// What a person can do to a message.

import type { Message, Rating } from "$lib/backend";

export type MessageDeeds = {
	copy: (message: Message) => void;
	regenerate: (answer: Message) => void;
	edit: (question: Message, text: string) => void;
	rate: (answer: Message, rating: Rating | null) => void;
	switchTo: (messageId: string) => void;
	openLink: (url: string, label: string) => void;
};

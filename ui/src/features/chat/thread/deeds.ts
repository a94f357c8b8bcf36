// What a person can do to a message.

import type { Message, Rating } from "$lib/backend";

export type MessageDeeds = {
	copy: (message: Message) => void;
	regenerate: (answer: Message) => void;
	/** Stop an answer of which this page hears nothing. */
	stop: (answer: Message) => Promise<void>;
	/** Open a question for another wording. */
	edit: (question: Message) => void;
	askEdited: (question: Message, text: string) => void;
	giveUpEdit: (question: Message) => void;
	rate: (answer: Message, rating: Rating | null) => void;
	switchTo: (messageId: string) => void;
	openLink: (url: string, label: string) => void;
};

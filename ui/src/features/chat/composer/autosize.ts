// A text field that is as high as its text, up to the limit its style sets.

import type { Attachment } from "svelte/attachments";

/** `text` is read so that the height follows it. */
export function autosize(text: () => string): Attachment<HTMLTextAreaElement> {
	return (field) => {
		if (text() === "") {
			// The style knows how high that is; to measure it would lay the page out once more.
			field.style.height = "";
			return;
		}
		field.style.height = "auto";
		field.style.height = `${field.scrollHeight}px`;
	};
}

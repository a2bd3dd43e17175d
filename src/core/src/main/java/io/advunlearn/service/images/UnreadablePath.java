package io.advunlearn.service.images;

import io.advunlearn.service.json.Answer;

/** The answer to a path that cannot be decoded, in OpenAI's envelope. */
public final class UnreadablePath {

    private UnreadablePath() {
    }

    /** @param message what is wrong with the path, in a sentence */
    public static Answer answer(String message) {
        return OpenAiErrors.answer(OpenAiException.invalid(400, null, "invalid_path", message));
    }
}

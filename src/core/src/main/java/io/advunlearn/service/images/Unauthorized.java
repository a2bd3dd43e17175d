package io.advunlearn.service.images;

import io.advunlearn.service.json.Answer;

/** The answer to whoever may not use the image API, in OpenAI's envelope. */
public final class Unauthorized {

    private Unauthorized() {
    }

    /** @param message what is wrong with the credential, in a sentence */
    public static Answer answer(String message) {
        return OpenAiErrors.answer(OpenAiException.invalid(401, null, "invalid_api_key", message)).with("WWW-Authenticate", "Bearer");
    }
}

package io.advunlearn.quarkus.rest;

import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.ServerSentEvents;
import jakarta.ws.rs.core.Response;
import java.net.URI;

/** The service's answers as JAX-RS responses. */
public final class Responses {

    private Responses() {
    }

    public static Response of(Answer answer) {
        return of(answer, answer.body());
    }

    /** @param body instead of the answer's own, see {@link ServerSentEventsWriter} */
    public static Response of(Answer answer, ServerSentEvents body) {
        return of(answer, (Object) body);
    }

    private static Response of(Answer answer, Object body) {
        Response.ResponseBuilder builder = Response.status(answer.status()).type(answer.mediaType()).entity(body);
        answer.headers().forEach((name, value) -> {
            if (name.equals("Location")) {
                builder.location(URI.create(value));
            } else {
                builder.header(name, value);
            }
        });
        return builder.build();
    }
}

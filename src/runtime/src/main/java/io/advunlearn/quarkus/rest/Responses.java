package io.advunlearn.quarkus.rest;

import io.advunlearn.service.json.Answer;
import jakarta.ws.rs.core.Response;
import java.net.URI;

/** The service's answers as JAX-RS responses. */
public final class Responses {

    private Responses() {
    }

    public static Response of(Answer answer) {
        Response.ResponseBuilder builder = Response.status(answer.status()).type(answer.mediaType()).entity(answer.body());
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

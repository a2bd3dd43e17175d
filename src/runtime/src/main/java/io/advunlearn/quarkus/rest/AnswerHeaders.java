package io.advunlearn.quarkus.rest;

import io.advunlearn.service.json.SecurityHeaders;
import io.vertx.ext.web.RoutingContext;

/** Sets the headers of every answer of both APIs; what an answer says itself replaces them. The application's own resources are left alone. */
public final class AnswerHeaders {

    private AnswerHeaders() {
    }

    public static void set(RoutingContext context) {
        SecurityHeaders.ALL.forEach(context.response()::putHeader);
        context.response().putHeader(SecurityHeaders.REQUEST_ID, SecurityHeaders.requestId(context.request().getHeader(SecurityHeaders.REQUEST_ID)));
    }
}

package io.advunlearn.quarkus.rest;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/**
 * Reads bodies on the management port as they are sent, whatever their clients call them: no operation takes a form, and {@code curl -d} says of JSON that it
 * is one. Decoded as a form it would fail from 2 KB on, with a stack trace in the log.
 */
final class FormBodies {

    private FormBodies() {
    }

    /** Before the management router reads bodies. */
    static void readAsSent(RoutingContext context) {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        if (type != null && isForm(type.strip().toLowerCase(Locale.ROOT))) {
            context.request().headers().set(HttpHeaders.CONTENT_TYPE, "application/json");
        }
    }

    private static boolean isForm(String type) {
        return type.startsWith("application/x-www-form-urlencoded") || type.startsWith("multipart/");
    }
}

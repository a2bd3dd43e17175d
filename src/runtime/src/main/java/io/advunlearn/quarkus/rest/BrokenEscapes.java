package io.advunlearn.quarkus.rest;

import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.json.Answer;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Refuses requests with a broken percent escape, such as {@code /%zz}, on the management port; on the public one Quarkus itself answers 400. Of a path Vert.x Web
 * would find out as soon as the first route is compared with it, and log a stack trace for each; of a query once the body is read, and never answer.
 */
@ApplicationScoped
public class BrokenEscapes {

    private static final String MESSAGE = "the path or the query holds a % that two hexadecimal digits do not follow";

    /** Its own answer to whatever else is no request stays. */
    void mount(@Observes ManagementInterface management) {
        management.router().errorHandler(400, context -> {
            if (!hasReadablePath(context)) {
                send(context, Problem.of(400, MESSAGE).answer());
            }
        });
    }

    /** Before the management router reads bodies. */
    static void refuseQuery(RoutingContext context) {
        if (hasReadableQuery(context)) {
            context.next();
        } else {
            send(context, Problem.of(400, MESSAGE).answer());
        }
    }

    private static void send(RoutingContext context, Answer refusal) {
        AnswerHeaders.set(context);
        context.response().setStatusCode(refusal.status()).putHeader("Content-Type", refusal.mediaType()).end(Buffer.buffer(refusal.body()));
    }

    private static boolean hasReadablePath(RoutingContext context) {
        try {
            return context.normalizedPath() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Whether the query's parameters can be asked for. */
    public static boolean hasReadableQuery(RoutingContext context) {
        try {
            return context.request().params() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}

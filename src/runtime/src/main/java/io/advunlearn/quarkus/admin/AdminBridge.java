package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.access.Access;
import io.advunlearn.quarkus.access.Callers;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.rest.AnswerHeaders;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.json.Answer;
import io.quarkus.vertx.http.ManagementInterface;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Brings admin requests of the management port to the JAX-RS resources, which Quarkus mounts on the main router only, and
 * hides those resources from the public port.
 */
@ApplicationScoped
public class AdminBridge {

    private static final String PREFIX = AdminApi.PREFIX;
    private static final String BODY = AdminBridge.class.getName() + ".body";
    private static final Pattern MATRIX_PARAMETERS = Pattern.compile(";[^/]*");

    /** Before authentication and CORS, whose answers would tell that there is something. */
    private static final int FILTER_PRIORITY = 1000;

    private final Router mainRouter;
    private final Access access;
    private final long bodyLimit;

    AdminBridge(Router mainRouter, Access access, AdvUnlearnConfig config) {
        this.mainRouter = mainRouter;
        this.access = access;
        bodyLimit = config.limits().bodySize().asLongValue();
    }

    void mount(@Observes ManagementInterface management) {
        management.router().route(PREFIX + "/*").handler(this::forward).failureHandler(this::unreadable);
    }

    /** The management router could not read the body, for example what says that it is a form and is none; its own answer would show a stack trace. */
    private void unreadable(RoutingContext context) {
        if (context.response().headWritten() || context.response().closed()) {
            // the client left
            return;
        }
        AnswerHeaders.set(context);
        int status = context.statusCode() == 413 ? 413 : 400;
        send(context, access.refusal(context.request())
                .orElseGet(() -> Problem.of(status, "the request's body cannot be read; send JSON with Content-Type: application/json").answer()));
    }

    private void forward(RoutingContext context) {
        AnswerHeaders.set(context);
        Optional<Answer> refusal = access.refusal(context.request());
        if (refusal.isPresent()) {
            send(context, refusal.get());
            return;
        }
        // The management router has read the body already: it is handed over.
        Buffer body = context.body() == null || context.body().buffer() == null ? Buffer.buffer() : context.body().buffer();
        if (body.length() > bodyLimit) {
            send(context, Problem.of(413, "the body is larger than " + bodyLimit + " bytes").answer());
            return;
        }
        // A context of this request alone: a client cannot put anything there.
        Context own = VertxContext.getOrCreateDuplicatedContext(Vertx.currentContext());
        own.putLocal(BODY, body);
        HttpServerRequest read = new ReadRequest(context.request());
        if (own == Vertx.currentContext()) {
            mainRouter.handle(read);
        } else {
            own.runOnContext(nothing -> mainRouter.handle(read));
        }
    }

    static void send(RoutingContext context, Answer answer) {
        context.response().setStatusCode(answer.status()).putHeader("Content-Type", answer.mediaType());
        answer.headers().forEach(context.response()::putHeader);
        context.response().end(Buffer.buffer(answer.body()));
    }

    void guard(@Observes Filters filters) {
        filters.register(this::admitOrHide, FILTER_PRIORITY);
    }

    private void admitOrHide(RoutingContext context) {
        String path = MATRIX_PARAMETERS.matcher(context.normalizedPath()).replaceAll("");
        if (!path.startsWith(PREFIX)) {
            context.next();
            return;
        }
        Context own = Vertx.currentContext();
        Buffer body = own != null && VertxContext.isDuplicatedContext(own) ? own.getLocal(BODY) : null;
        if (body == null) {
            context.response().setStatusCode(404).end();
            return;
        }
        context.put(AdminGate.ADMITTED, Boolean.TRUE);
        // Looked at again: a key that came as a bearer token has been taken out of the request already.
        access.administrator(context.request()).ifPresent(owner -> Callers.keyOwner(context, owner));
        ((RoutingContextInternal) context).setBody(body);
        context.next();
    }
}

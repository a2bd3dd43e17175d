package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.access.Access;
import io.advunlearn.quarkus.rest.BrokenEscapes;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.admin.AdminAnswers;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.AdminPermissions;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.admin.UploadOperations;
import io.advunlearn.service.json.Answer;
import io.quarkus.arc.Unremovable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code PUT uploads/<upload>/files/<name>?offset=<bytes>} on the management port. The management router reads every body into memory, up to a limit for all
 * of its paths; this route comes before that and writes a part to disk as it arrives, once the key is checked and the length is known.
 */
@ApplicationScoped
@Unremovable
public class UploadRoute {

    /** What the route is mounted on. */
    public static final String PATH = AdminApi.PREFIX + UploadOperations.PATH + "/*";

    private static final Pattern PART = Pattern.compile(Pattern.quote(AdminApi.PREFIX + UploadOperations.PATH) + "/([^/]+)/files/([^/]+)");
    private static final long DRAIN_MILLIS = 10_000;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,15}");

    private final Access access;
    private final UploadOperations uploads;

    UploadRoute(Access access, AdvUnlearnService service) {
        this.access = access;
        uploads = service.admin().uploads();
    }

    void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        Matcher part = PART.matcher(context.normalizedPath());
        if (request.method() != HttpMethod.PUT || !part.matches() || !BrokenEscapes.hasReadableQuery(context)) {
            context.next();
            return;
        }
        Answer refusal = refusal(request);
        if (refusal != null) {
            answer(context, refusal);
            return;
        }
        request.pause();
        receive(context, part.group(1), part.group(2), Long.parseLong(request.getParam("offset")));
    }

    /** {@code null} if the part may come. */
    private Answer refusal(HttpServerRequest request) {
        Optional<Answer> unknown = access.refusal(request, AdminPermissions.least("PUT", "uploads/*/files/*"));
        if (unknown.isPresent()) {
            return unknown.get();
        }
        String offset = request.getParam("offset");
        if (offset == null || !NUMBER.matcher(offset).matches()) {
            return Problem.of(400, "the query must have offset, the number of bytes of the file that have come").answer();
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || !NUMBER.matcher(length).matches()) {
            return Problem.of(411, "the header Content-Length must say how many bytes the part has").answer();
        }
        return Long.parseLong(length) <= UploadOperations.PART_BYTES ? null
                : Problem.of(413, "a part has at most " + UploadOperations.PART_BYTES + " bytes, not " + length).answer();
    }

    private void receive(RoutingContext context, String upload, String name, long offset) {
        Vertx vertx = context.vertx();
        vertx.executeBlocking(() -> uploads.place(upload), false).compose(place -> place.refusal() != null ? Future.succeededFuture(place.refusal())
                : write(context, place.file()).compose(nothing -> vertx.executeBlocking(() -> uploads.append(upload, name, offset, place.file()), false))
                        .eventually(() -> vertx.fileSystem().delete(place.file().toString()).otherwiseEmpty()))
                .onComplete(done -> {
                    if (!context.response().closed()) {
                        answer(context, done.succeeded() ? done.result() : AdminAnswers.answer(() -> {
                            throw new IllegalStateException(done.cause());
                        }));
                    }
                });
    }

    private static Future<Void> write(RoutingContext context, Path file) {
        HttpServerRequest request = context.request();
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            context.response().writeContinue();
        }
        return context.vertx().fileSystem().open(file.toString(), new OpenOptions().setRead(false).setWrite(true).setCreateNew(true)).compose(request::pipeTo);
    }

    /** Answers. What the client still sends is dropped, since nobody reads it, and after a while the connection too. */
    private static void answer(RoutingContext context, Answer answer) {
        AdminBridge.send(context, answer);
        HttpServerRequest request = context.request();
        if (!request.isEnded()) {
            request.resume();
            context.vertx().setTimer(DRAIN_MILLIS, timer -> {
                if (!request.isEnded()) {
                    request.connection().close();
                }
            });
        }
    }
}

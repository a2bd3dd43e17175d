package io.advunlearn.quarkus.console;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * The console: a page on the management port. It is the same for everybody and knows nothing; what it shows it asks the admin API for, with the
 * key that its user types in.
 */
@ApplicationScoped
public class Console {

    /** On the management port. */
    public static final String PATH = "/console/";

    /** Nothing from elsewhere, nothing inline, not in a frame. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final ConsoleFiles files = new ConsoleFiles();
    private final boolean enabled;

    Console(AdvUnlearnConfig config) {
        enabled = config.console().enabled();
    }

    void mount(@Observes ManagementInterface management) {
        if (enabled) {
            String withoutSlash = PATH.substring(0, PATH.length() - 1);
            management.router().get(withoutSlash).handler(this::answer);
            management.router().head(withoutSlash).handler(this::answer);
            management.router().route(PATH + "*").method(HttpMethod.GET).method(HttpMethod.HEAD).handler(this::answer);
        }
    }

    private void answer(RoutingContext context) {
        String path = context.normalizedPath();
        if (path.length() < PATH.length()) {
            context.response().setStatusCode(308).putHeader("Location", PATH).end();
            return;
        }
        files.find(path.substring(PATH.length())).ifPresentOrElse(file -> send(context, file), () -> context.response().setStatusCode(404).end());
    }

    private static void send(RoutingContext context, ConsoleFiles.File file) {
        HttpServerResponse response = context.response().putHeader("Content-Type", file.type()).putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff").putHeader("Referrer-Policy", "no-referrer").putHeader("Cache-Control", "no-cache");
        if (context.request().method() == HttpMethod.HEAD) {
            response.putHeader("Content-Length", Integer.toString(file.content().length)).end();
        } else {
            response.end(Buffer.buffer(file.content()));
        }
    }
}

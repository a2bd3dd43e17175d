package io.advunlearn.quarkus.rest;

import io.quarkus.runtime.annotations.Recorder;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** Gives the build what {@link BrokenEscapes} and {@link FormBodies} do before bodies are read. */
@Recorder
public class ReadableRequestsRecorder {

    /** One handler: of two on the same route, only the first would come before the one that reads bodies. */
    public Handler<RoutingContext> handler() {
        return context -> {
            FormBodies.readAsSent(context);
            BrokenEscapes.refuseQuery(context);
        };
    }
}

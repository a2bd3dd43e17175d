package io.advunlearn.quarkus.access;

import io.advunlearn.service.access.Identity;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** What is known of the sender of a request, kept with the request where no client can put anything. */
public final class Callers {

    private static final String KEY_OWNER = Callers.class.getName() + ".keyOwner";
    private static final String WRONG_KEY = Callers.class.getName() + ".wrongKey";
    private static final String CALLER = Callers.class.getName() + ".caller";

    private Callers() {
    }

    /** The request carried this identity's key. */
    public static void keyOwner(RoutingContext request, Identity owner) {
        request.put(KEY_OWNER, owner);
    }

    /** Whose key the request carried. */
    public static Optional<Identity> keyOwner(RoutingContext request) {
        return Optional.ofNullable(request.get(KEY_OWNER));
    }

    static void wrongKey(RoutingContext request) {
        request.put(WRONG_KEY, Boolean.TRUE);
    }

    static boolean hasWrongKey(RoutingContext request) {
        return Boolean.TRUE.equals(request.get(WRONG_KEY));
    }

    /** A gate admitted the request as this identity's. */
    public static void admit(RoutingContext request, Identity caller) {
        request.put(CALLER, caller);
    }

    /** Whom a gate admitted. @throws IllegalStateException if the request passed none: nothing is done for it */
    public static Identity caller(RoutingContext request) {
        Identity caller = request.get(CALLER);
        if (caller == null) {
            throw new IllegalStateException("the request passed no gate");
        }
        return caller;
    }
}

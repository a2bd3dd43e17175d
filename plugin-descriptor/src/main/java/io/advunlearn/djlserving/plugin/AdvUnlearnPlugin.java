package io.advunlearn.djlserving.plugin;

import ai.djl.serving.plugins.RequestHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.lang.reflect.InvocationTargetException;

/**
 * What DJL Serving finds in {@code plugins/}: it hands every request to the handler in {@code deps/}.
 *
 * <p>DJL Serving loads plugins beside {@code deps/}, not below it, so a plugin sees neither the classes there nor the pipelines
 * that the models' translators, loaded from there, have made. Were the handler in this jar, there would be two copies of every
 * class and two registries in one process, or every call would have to be spelled in reflection and JDK types. This way the
 * handler and the models are in one class loader and share one service; all that crosses is one object whose interface
 * ({@link RequestHandler}) and parameters (netty's) belong to the loader above both, and two names: the server's class loader of
 * {@code deps/} and the handler's class.
 */
public final class AdvUnlearnPlugin implements RequestHandler<Object> {

    private static final String DEPS_LOADER = "ai.djl.serving.util.MutableClassLoader";
    private static final String HANDLER = "io.advunlearn.djlserving.AdvUnlearnRequestHandler";

    private final RequestHandler<?> handler;

    /** @throws IllegalStateException, which stops the server's start, if {@code deps/} does not hold what belongs there */
    public AdvUnlearnPlugin() {
        handler = load();
    }

    private static RequestHandler<?> load() {
        try {
            Class<?> type = Class.forName(DEPS_LOADER, true, RequestHandler.class.getClassLoader());
            ClassLoader deps = (ClassLoader) type.getMethod("getInstance").invoke(null);
            return (RequestHandler<?>) deps.loadClass(HANDLER).getDeclaredConstructor().newInstance();
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the AdvUnlearn plugin cannot start: " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "the AdvUnlearn plugin cannot find " + HANDLER + ": copy its deps/*.jar into the folder deps of MODEL_SERVER_HOME", e);
        }
    }

    @Override
    public boolean acceptInboundMessage(Object msg) {
        return handler.acceptInboundMessage(msg);
    }

    @Override
    public Object handleRequest(ChannelHandlerContext ctx, FullHttpRequest req, QueryStringDecoder decoder, String[] segments) {
        return handler.handleRequest(ctx, req, decoder, segments);
    }
}

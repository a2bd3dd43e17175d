package ai.djl.serving.plugins;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;

/**
 * The interface of DJL Serving's plugins, to compile against: DJL Serving's own artifacts are in no Maven repository that every
 * build reaches. It is in none of our jars; a running server brings the real one.
 *
 * @param <T> what a handler returns: {@code null} if it answered through the context itself
 */
public interface RequestHandler<T> {

    boolean acceptInboundMessage(Object msg);

    T handleRequest(ChannelHandlerContext ctx, FullHttpRequest req, QueryStringDecoder decoder, String[] segments);
}

/*
 * Ends the script of a widget. Each message of the kernel waits for a promise that anywidget
 * rejects when the page takes more than two seconds to load a script, as it may on a weak or busy
 * machine: the widget then heard nothing more. What is drawn here hears them itself.
 */
function hear(model) {
  model.on("change:heard", (whole) => {
    const receive = Object.getPrototypeOf(whole.constructor.prototype)._handle_comm_msg;
    whole.comm?.on_msg(receive.bind(whole));
  });
  model.set("heard", true); // a change is told with the model itself
}

export default {
  render(context) {
    hear(context.model);
    return render(context);
  },
};
